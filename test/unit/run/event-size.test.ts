/** Whatever others write into a run counts toward what it may keep. */
import { describe, expect, it } from 'vitest';
import type { EventBody } from '../../../src/run/event.ts';
import { eventSize } from '../../../src/run/event-size.ts';
import { MAX_STORED_CHARACTERS } from '../../../src/run/reason-to-end.ts';
import { nextCommands } from '../../../src/run/next-commands.ts';
import { applyEvent, foldRun } from '../../../src/run/fold-run.ts';
import { startedLog } from '../../support/engine.ts';

const LONG = 'x'.repeat(1000);
const FAULT = { code: 'server_error', status: 502, retryable: false, message: LONG } as const;
const USED = { type: 'step-end', step: 1, finish_reason: 'tool_calls' } as const;
const CONNECTED = { type: 'server-end', label: 'a', url: '', ok: true, ms: 1 } as const;
const tool = { name: 'a', wire_name: 'a__a', input_schema: {}, hash: '' };
const call = { id: 'c', type: 'function', function: { name: 'a', arguments: LONG } } as const;
const text = { type: 'text', text: LONG } as const;
const image = { type: 'image_url', image_url: { url: LONG } } as const;

const WRITTEN: readonly (readonly [string, EventBody])[] = [
  ['text of a model', { type: 'text-delta', step: 1, text: LONG }],
  ['thoughts of a model', { type: 'reasoning-delta', step: 1, text: LONG }],
  ['arguments', { type: 'tool-call', step: 1, call_id: 'c', wire_name: 'a', arguments: LONG }],
  ['a name', { type: 'tool-call', step: 1, call_id: 'c', wire_name: LONG, arguments: '' }],
  ['progress', { type: 'tool-progress', call_id: 'c', progress: 1, message: LONG }],
  ['a result', { type: 'tool-result', call_id: 'c', is_error: false, parts: [text], ms: 1 }],
  ['an image', { type: 'tool-result', call_id: 'c', is_error: false, parts: [image], ms: 1 }],
  [
    'structured content',
    { type: 'tool-result', call_id: 'c', is_error: false, parts: [], structured: [LONG], ms: 1 },
  ],
  ['calls as they go back', { ...USED, tool_calls: [call] }],
  ['an echo', { ...USED, tool_calls: [], echo: { reasoning_details: [LONG] } }],
  ['a document', { type: 'reference-end', url: '', ok: true, parts: [text] }],
  ['instructions', { ...CONNECTED, instructions: LONG }],
  ['a description', { ...CONNECTED, tools: [{ ...tool, description: LONG }] }],
  ['a schema', { ...CONNECTED, tools: [{ ...tool, input_schema: { title: LONG } }] }],
  ['a fault of a server', { ...CONNECTED, ok: false, error: FAULT }],
  [
    'what is to be repaired',
    { type: 'step-start', step: 2, attempt: 1, provider: 'a', model: 'b', repair: [LONG] },
  ],
];

describe('what a run may keep', () => {
  it.each(WRITTEN)('counts %s', (_name, event) => {
    expect(eventSize({ ...event, seq: 2, at: 1 })).toBeGreaterThanOrEqual(1000);
  });

  it('is met by tools that are described at length, before the model is asked', () => {
    const tools = Array.from({ length: 20 }, () => ({ ...tool, description: 'x'.repeat(60_000) }));
    let run = foldRun(startedLog().read());
    const servers = Math.ceil(MAX_STORED_CHARACTERS / (20 * 60_000));
    for (let seq = 2; seq < servers + 2; seq += 1) {
      run = applyEvent(run, { ...CONNECTED, label: `s${seq}`, tools, seq, at: seq });
    }
    expect(nextCommands(run)).toMatchObject([
      { type: 'end', end: { status: 'failed', error: { code: 'max_stored_bytes' } } },
    ]);
  });
});

/** The check of a log finds what must never be in one, and nothing in a log that is whole. */
import { describe, expect, it } from 'vitest';
import { fsck } from '../../../src/run/fsck.ts';
import type { EventBody, RunEvent } from '../../../src/run/event.ts';
import {
  calls,
  memoryServers,
  ports,
  request,
  runToEnd,
  says,
  scriptedModel,
  server,
  startedLog,
  text,
} from '../../support/engine.ts';

const START: EventBody = {
  type: 'run-start',
  version: 1,
  id: 'test',
  prompt: 'Hello.',
  request: request(),
  problems: [],
  expires_at: null,
};
const STEP: EventBody = { type: 'step-start', step: 1, attempt: 1, provider: 'p', model: 'm' };
const SAID: EventBody = { type: 'text-delta', step: 1, text: 'Hi.' };
const DONE: EventBody = { type: 'step-end', step: 1, finish_reason: 'stop', tool_calls: [] };
const CALL: EventBody = {
  type: 'tool-call',
  step: 1,
  call_id: 'c',
  wire_name: 'files__write',
  server: 'files',
  tool: 'write',
  arguments: '{}',
};
const SENT: EventBody = { type: 'tool-sent', call_id: 'c' };
const RESULT: EventBody = { type: 'tool-result', call_id: 'c', is_error: false, parts: [], ms: 1 };
const END: EventBody = { type: 'run-end', status: 'completed', stop_reason: 'stop' };
const ASKED: EventBody = {
  type: 'action-required',
  action_id: 'a',
  action: {
    kind: 'authorization',
    server: 'files',
    url: 'https://files.example/mcp',
    call_id: 'c',
  },
  expires_at: 10,
};
const ANSWERED: EventBody = { type: 'action-resolved', action_id: 'a', outcome: 'done' };
const tools = (change: object): EventBody => ({
  type: 'server-end',
  label: 'files',
  url: 'https://files.example/mcp',
  ok: true,
  ms: 1,
  tools: [{ name: 'write', wire_name: 'files__write', input_schema: {}, hash: 'h', ...change }],
});

const log = (...bodies: readonly EventBody[]) =>
  bodies.map((body, index): RunEvent => ({ ...body, seq: index + 1, at: index }));

describe('a whole log', () => {
  it.each([
    ['that has only begun', [START]],
    ['of a step', [START, STEP, SAID, DONE, END]],
    ['that ended in the middle of a step', [START, STEP, SAID, END]],
    ['whose step was asked again', [START, STEP, SAID, { ...STEP, attempt: 2 }, SAID, DONE, END]],
    ['of a call', [START, STEP, CALL, DONE, SENT, RESULT, END]],
    [
      'of a call that was refused and made again',
      [START, STEP, CALL, SENT, ASKED, ANSWERED, SENT, RESULT],
    ],
    [
      'of a call that may be repeated',
      [START, tools({ read_only: true }), STEP, CALL, SENT, SENT, RESULT],
    ],
  ] as const)('%s has no mistake', (_, bodies) => {
    expect(fsck(log(...bodies))).toEqual([]);
  });

  it('is what the engine writes', async () => {
    const files = [{ name: 'write', run: () => text('Written.') }];
    const all = ports(scriptedModel([calls(['files__write', {}]), says('All of it.')]), {
      servers: memoryServers({ 'https://files.example/mcp': files }),
      log: startedLog({ servers: [server('files')] }),
    });
    await runToEnd(all);
    const events = all.log.read();
    expect(events.some(({ type }) => type === 'tool-sent')).toBe(true);
    expect(fsck(events)).toEqual([]);
  });
});

describe('a log with a mistake', () => {
  it.each([
    ['nothing in it', [], 'empty'],
    ['no beginning', [STEP, SAID], 'Event 1 (step-start) is no beginning'],
    ['two beginnings', [START, START], 'second beginning'],
    ['something after its end', [START, END, STEP], 'Event 3 (step-start) comes after the end'],
    ['two ends', [START, END, END], 'Event 3 (run-end) comes after the end'],
    ['text outside of a step', [START, SAID], 'is in no open step'],
    ['text after its step', [START, STEP, DONE, SAID], 'is in no open step'],
    ['an end of no step', [START, DONE], 'is in no open step'],
    ['a call twice', [START, STEP, CALL, CALL], 'repeats the id'],
    ['a result of no call', [START, RESULT], 'belongs to no call'],
    ['two results', [START, STEP, CALL, SENT, RESULT, RESULT], 'second result'],
    [
      'a call that was sent twice',
      [START, tools({}), STEP, CALL, SENT, SENT],
      'Event 6 (tool-sent) sends a call again',
    ],
    ['a call that was sent after its result', [START, STEP, CALL, RESULT, SENT], 'has its result'],
    ['an answer to no question', [START, ANSWERED], 'never asked'],
  ] as const)('%s says so', (_, bodies, mistake) => {
    expect(fsck(log(...bodies)).join('\n')).toContain(mistake);
  });

  it('in its numbers says which one is missing', () => {
    const events = log(START, STEP, SAID, DONE, END).filter(({ seq }) => seq !== 3);
    expect(fsck(events)[0]).toBe('Event 4 (step-end) should have the number 3.');
  });
});

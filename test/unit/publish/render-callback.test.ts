import { expect, it } from 'vitest';
import { renderCallback } from '../../../src/publish/render-callback.ts';
import { runUrls } from '../../../src/publish/run-urls.ts';
import type { EventBody, RunEvent } from '../../../src/run/event.ts';
import type { CompletionRequest } from '../../../src/normalize/request.ts';
import { server } from '../../support/engine.ts';
import { runStart, sampleRun } from './sample-runs.ts';

const notes = server('notes', { url: 'https://mcp.notes.example/mcp?canary-query' });
const EXPIRES = { action_id: 'action-1', expires_at: 2_000_000_000_000 } as const;

const LOGIN = {
  type: 'action-required',
  ...EXPIRES,
  action: { kind: 'authorization', server: 'notes', url: notes.url },
} as const satisfies EventBody;

/** What is told of the last event of a run. */
function toldOf(bodies: readonly EventBody[], change: Partial<CompletionRequest> = {}) {
  const all = [runStart({ servers: [notes], references: [], ...change }), ...bodies];
  const run = sampleRun(all.slice(0, -1));
  const [last] = all.slice(-1);
  const event = { ...last, seq: run.seq + 1, at: Date.UTC(2026, 10, 21) } as RunEvent;
  const told = renderCallback(run, event, runUrls('https://prompts.example', run.id));
  return told === null ? null : { type: told.type, ...(JSON.parse(told.body) as object) };
}

it('CALL-2 says of a login for whom it is and where to make it', () => {
  expect(toldOf([LOGIN])).toMatchObject({
    type: 'run.action_required',
    timestamp: '2026-11-21T00:00:00.000Z',
    data: {
      status: 'requires_action',
      kind: 'authorization',
      server_host: 'mcp.notes.example',
      connect_url: 'https://prompts.example/connect/action-1',
      message: 'The run wants a login to notes. Log in and it goes on.',
    },
  });
  expect(toldOf([LOGIN], { on_auth: 'link' })).toMatchObject({
    data: { message: 'The run wants a login to notes. Log in then run the prompt again.' },
  });
});

it('CALL-2 says nothing in the words of a tool, and no more of an address than its host', () => {
  const elicitation: EventBody = {
    type: 'action-required',
    ...EXPIRES,
    action: {
      kind: 'elicitation',
      server: 'notes',
      call_id: 'call_1',
      mode: 'url',
      message: 'canary-message',
      url: 'https://canary.example/',
    },
  };
  const text = JSON.stringify(toldOf([elicitation]));
  expect(text).toContain('notes waits for your answer.');
  expect(text).not.toContain('canary');
  expect(text).not.toContain('connect');
  expect(JSON.stringify(toldOf([LOGIN]))).not.toContain('canary');
});

it('CALL-2 tells once of an action that several calls join', () => {
  expect(toldOf([LOGIN, LOGIN])).toBeNull();
});

it.each(['failed', 'cancelled', 'expired'] as const)('CALL-2 %s is run.failed', (status) => {
  const error = { code: 'server_error', message: 'canary of a tool' } as const;
  const told = toldOf([{ type: 'run-end', status, stop_reason: 'server_error', error }]);
  expect(told).toMatchObject({
    type: 'run.failed',
    data: { status, message: 'The tool server answered with an error.' },
  });
  expect(JSON.stringify(told)).not.toContain('canary');
});

it('CALL-2 says nothing of everything else', () => {
  expect(toldOf([{ type: 'tool-sent', call_id: 'call_1' }])).toBeNull();
});

/** What everybody may see of a run that uses, or may use, a login of its owner. */
import { describe, expect, it } from 'vitest';
import type { EventBody, RunEvent } from '../../../src/run/event.ts';
import { UNSTORED_MS } from '../../../src/run/publication.ts';
import { foldRun } from '../../../src/run/fold-run.ts';
import type { Run } from '../../../src/run/run.ts';
import { viewFor } from '../../../src/run/view.ts';
import { VisibleEvents } from '../../../src/run/visible-events.ts';
import { request, server } from '../../support/engine.ts';
import type { CompletionRequest } from '../../../src/normalize/request.ts';

const notes = server('notes');
const ORIGIN = 'https://prompts.example';

function start(
  change: Partial<CompletionRequest> = {},
  expires_at: number | null = null,
): EventBody {
  return {
    type: 'run-start',
    version: 1,
    id: 'x',
    prompt: 'CANARY-prompt',
    request: request({ servers: [notes], store: null, ...change }),
    problems: [],
    expires_at,
  };
}

const CONNECTED: EventBody = {
  type: 'server-end',
  label: 'notes',
  url: notes.url,
  ok: true,
  tools: [],
  ms: 1,
};
const LOGIN: EventBody = {
  type: 'action-required',
  action_id: 'CANARY-action',
  action: { kind: 'authorization', server: 'notes', url: notes.url },
  expires_at: 5000,
};
const DONE: EventBody = { type: 'action-resolved', action_id: 'CANARY-action', outcome: 'done' };
const END: EventBody = { type: 'run-end', status: 'completed', stop_reason: 'stop' };

const stamped = (bodies: readonly EventBody[]) =>
  bodies.map((body, index): RunEvent => ({ ...body, seq: index + 1, at: 1000 * (index + 1) }));
const fold = (...bodies: EventBody[]): Run => foldRun(stamped(bodies));
const publicPrompt = (run: Run) => viewFor('public', run).prompt;

describe('the public view', () => {
  it('shows status only until it is known whether a login is used', () => {
    const view = viewFor('public', fold(start()));
    expect(view).toMatchObject({ publication: 'undecided', status: 'queued', servers: [] });
    expect(JSON.stringify(view)).not.toMatch(/CANARY|notes/);
    expect(viewFor('owner', fold(start())).prompt).toBe('CANARY-prompt');
  });

  it('shows everything once all servers are connected without a login', () => {
    expect(publicPrompt(fold(start(), CONNECTED))).toBe('CANARY-prompt');
  });

  it('shows the answer alone when a login was used, and from when it was asked for', () => {
    expect(viewFor('public', fold(start(), LOGIN)).publication).toBe('answer');
    const used = { ...CONNECTED, used_login: true } as EventBody;
    expect(viewFor('public', fold(start(), used, END)).publication).toBe('answer');
    expect(publicPrompt(fold(start(), LOGIN, DONE, CONNECTED, END))).toBeNull();
  });

  it('shows the answer alone when a call was made with a login', () => {
    const result: EventBody = {
      type: 'tool-result',
      call_id: 'c',
      is_error: false,
      parts: [],
      ms: 1,
      used_login: true,
    };
    expect(viewFor('public', fold(start(), CONNECTED, result)).publication).toBe('answer');
  });

  it('is what the author says, whatever happens', () => {
    const used = { ...CONNECTED, used_login: true } as EventBody;
    expect(viewFor('public', fold(start({ publish: 'full' }))).publication).toBe('full');
    expect(viewFor('public', fold(start({ publish: 'full' }), used)).publication).toBe('full');
    expect(viewFor('public', fold(start({ publish: 'answer' }), CONNECTED)).publication).toBe(
      'answer',
    );
  });

  it.each([
    ['this server itself', server('demo', { url: '/demo/mcp' })],
    ['a bearer of the author', server('notes', { authorization: '${env:X}' })],
    ['a header of the author', server('notes', { headers: { AUTHORIZATION: '${env:X}' } })],
  ])('waits for nothing where no login can be used: %s', (_, of) => {
    expect(viewFor('public', fold(start({ servers: [of] }))).publication).toBe('full');
  });
});

describe('the public events', () => {
  const seen = (viewer: 'owner' | 'public', ...bodies: EventBody[]) => {
    const events = stamped(bodies);
    const visible = new VisibleEvents({ viewer, origin: ORIGIN }, events.slice(0, 1));
    return events.map((event) => visible.take(event));
  };

  it('are held back until it is decided, and none is lost', () => {
    const [first, second] = seen('public', start(), CONNECTED);
    expect(first).toEqual([]);
    expect(second?.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(JSON.stringify(second)).toContain('CANARY-prompt');
  });

  it('say with a login under way only that the run waits', () => {
    const [, second, third] = seen('public', start(), LOGIN, DONE);
    expect(JSON.stringify([second, third])).not.toMatch(/CANARY|notes\.example\/mcp/);
    expect(second?.[1]).toEqual({
      type: 'action-required',
      action: { kind: 'authorization' },
      expires_at: 5000,
      seq: 2,
      at: 2000,
    });
    expect(third).toEqual([{ type: 'action-resolved', outcome: 'done', seq: 3, at: 3000 }]);
  });

  it('never name an action, even where everything is published', () => {
    const all = seen('public', start({ publish: 'full' }), LOGIN, DONE);
    expect(JSON.stringify(all)).toContain('CANARY-prompt');
    expect(JSON.stringify(all)).not.toContain('CANARY-action');
  });

  it('of the owner say where to log in, and not what was answered', () => {
    const answered = { ...DONE, content: { list: 'CANARY-content' } } as EventBody;
    const all = seen('owner', start(), LOGIN, answered);
    expect(all[1]).toMatchObject([{ connect_url: `${ORIGIN}/connect/CANARY-action` }]);
    expect(JSON.stringify(all)).not.toContain('CANARY-content');
  });
});

describe('the time a run is kept', () => {
  it('is a day from its end when a login was used and nobody said otherwise', () => {
    const used = { ...CONNECTED, used_login: true } as EventBody;
    expect(fold(start(), used, END).expires_at).toBe(3000 + UNSTORED_MS);
    expect(fold(start(), CONNECTED, END).expires_at).toBeNull();
    expect(fold(start({ store: true }), used, END).expires_at).toBeNull();
    expect(fold(start({ ttl: 'never' }), used, END).expires_at).toBeNull();
  });

  it('is at least as long as the login it waits for, but for an exact ttl', () => {
    expect(fold(start({ store: false }, 4000), LOGIN).expires_at).toBe(5000);
    expect(fold(start({ store: false }, 9000), LOGIN).expires_at).toBe(9000);
    expect(fold(start({ ttl: 3 }, 4000), LOGIN).expires_at).toBe(4000);
  });
});

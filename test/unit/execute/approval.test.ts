/** A run whose model calls tools that its owner has to allow. */
import { describe, expect, it } from 'vitest';
import { APPROVAL_MS } from '../../../src/execute/ask-approval.ts';
import { systemClock } from '../../../src/execute/system-clock.ts';
import type { Ports } from '../../../src/execute/ports.ts';
import { openActions } from '../../../src/run/actions.ts';
import type { ActionResolved, ApprovalAction } from '../../../src/run/event.ts';
import { parkedUntil } from '../../../src/run/next-commands.ts';
import { foldRun } from '../../../src/run/fold-run.ts';
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
  type MemoryTool,
} from '../../support/engine.ts';
import { MemoryLog } from '../../../src/execute/memory-log.ts';

const mail = server('mail', { require_approval: 'always' });
const notes = server('notes');

/** Tools that count how often they were called, with what. */
function tools() {
  const made: string[] = [];
  const tool = (name: string): MemoryTool => ({
    name,
    readOnly: true,
    run: (args) => {
      made.push(`${name} ${JSON.stringify(args)}`);
      return text(`${name} done`);
    },
  });
  const servers = memoryServers({
    [mail.url]: [tool('send'), tool('drop')],
    [notes.url]: [tool('find')],
  });
  return { made, servers };
}

const SEND = ['mail__send', { to: 'bob' }] as const;

function place(change: Partial<Ports> = {}, turns = [calls(SEND), says('Sent.')]) {
  const { made, servers } = tools();
  const model = scriptedModel(turns);
  const log = startedLog({ servers: [mail, notes] });
  return { made, model, all: ports(model, { servers, log, canAnswer: true, ...change }) };
}

function answer({ log }: Ports, outcome: ActionResolved['outcome'], index = 0): void {
  const asked = openActions(foldRun(log.read()))[index];
  if (asked === undefined) throw new TypeError('Nothing was asked.');
  const { action_id } = asked.required;
  log.append([{ type: 'action-resolved', action_id, outcome }]);
}

function asked({ log }: Ports): ApprovalAction[] {
  return foldRun(log.read()).actions.flatMap(({ required: { action } }) =>
    action.kind === 'approval' ? [action] : [],
  );
}

describe('a call that wants approval', () => {
  it('is not made, not even when it only reads; the run waits and keeps no loop', async () => {
    const { all, made } = place();
    const run = await runToEnd(all);
    expect(run.status).toBe('requires_action');
    expect(made).toEqual([]);
    const [{ hash, ...action }] = asked(all) as [ApprovalAction];
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect([action]).toEqual([
      {
        kind: 'approval',
        server: 'mail',
        tool: 'send',
        call_id: 'c0',
        arguments: '{"to":"bob"}',
      },
    ]);
    expect(parkedUntil(run, Date.now())).toBe(run.actions[0]?.required.expires_at);
  });

  it('is made once it is allowed, and the model is given what came of it', async () => {
    const { all, made, model } = place();
    await runToEnd(all);
    answer(all, 'done');
    const run = await runToEnd(all);
    expect(run).toMatchObject({ status: 'completed', stop_reason: 'stop' });
    expect(made).toEqual(['send {"to":"bob"}']);
    expect(model.asked[1]?.messages.at(-1)).toMatchObject({ role: 'tool', content: 'send done' });
  });

  it('is made as well when the answer comes while the loop still works', async () => {
    const find = Promise.withResolvers<void>();
    const slow: MemoryTool = { name: 'find', run: () => find.promise.then(() => text('found')) };
    const both = memoryServers({
      [notes.url]: [slow],
      [mail.url]: [{ name: 'send', run: () => text('sent') }],
    });
    const { all } = place({ servers: both }, [calls(SEND, ['notes__find', {}]), says('Done.')]);
    const going = runToEnd(all);
    await expect.poll(() => asked(all).length).toBe(1);
    answer(all, 'done');
    find.resolve();
    expect((await going).status).toBe('completed');
  });

  it('is not made when the owner says no: the model is told and goes on', async () => {
    const { all, made, model } = place();
    await runToEnd(all);
    answer(all, 'declined');
    expect((await runToEnd(all)).status).toBe('completed');
    expect(made).toEqual([]);
    expect(model.asked[1]?.messages.at(-1)).toMatchObject({
      content: 'Error: The owner did not allow this call.',
    });
  });

  it('that nobody answers in time ends the run as expired', async () => {
    const { all, made } = place();
    await runToEnd(all);
    answer(all, 'expired');
    const run = await runToEnd(all);
    expect(run).toMatchObject({ status: 'expired', stop_reason: 'approval_expired' });
    expect(made).toEqual([]);
  });

  it('waits a day, and no longer than the run lives', async () => {
    const { all } = place();
    const run = await runToEnd(all);
    const [first] = run.actions;
    expect((first?.required.expires_at ?? 0) - (first?.at ?? 0)).toBeCloseTo(APPROVAL_MS, -3);
    const expires_at = Date.now() + 5000;
    const log = new MemoryLog(Date.now);
    const start = { type: 'run-start', version: 1, id: 'r', prompt: '', problems: [] } as const;
    log.append([{ ...start, request: request({ servers: [mail] }), expires_at }]);
    const short = await runToEnd(place({ log }).all);
    expect(short.actions[0]?.required.expires_at).toBe(expires_at);
  });

  it('takes none of the time of its run while it waits', async () => {
    let now = 1_000_000;
    const clock = { ...systemClock(0), now: () => now };
    const log = new MemoryLog(() => now);
    const start = { type: 'run-start', version: 1, id: 'r', prompt: '', problems: [] } as const;
    log.append([{ ...start, request: request({ servers: [mail] }), expires_at: null }]);
    const { all } = place({ log, clock });
    await runToEnd(all);
    now += 3_600_000;
    answer(all, 'done');
    expect((await runToEnd(all)).status).toBe('completed');
  });

  it('is asked in one go with the others of its turn, and each has its own answer', async () => {
    const { all, made, model } = place({}, [calls(SEND, ['mail__drop', {}]), says('Done.')]);
    await runToEnd(all);
    expect(asked(all).map(({ tool }) => tool)).toEqual(['send', 'drop']);
    const seqs = all.log
      .read()
      .filter(({ type }) => type === 'action-required')
      .map(({ seq }) => seq);
    expect((seqs[1] ?? 0) - (seqs[0] ?? 0)).toBe(1);
    answer(all, 'declined', 1);
    expect((await runToEnd(all)).status).toBe('requires_action');
    answer(all, 'done');
    expect((await runToEnd(all)).status).toBe('completed');
    expect(made).toEqual(['send {"to":"bob"}']);
    expect(model.asked).toHaveLength(2);
  });

  it('does not hold back the other calls of its turn, nor other tools of its server', async () => {
    const some = server('mail', { require_approval: { always: { tool_names: ['send'] } } });
    const { all, made } = place({ log: startedLog({ servers: [some, notes] }) }, [
      calls(SEND, ['mail__drop', {}], ['notes__find', {}]),
      says('Done.'),
    ]);
    expect((await runToEnd(all)).status).toBe('requires_action');
    expect(made).toEqual(['drop {}', 'find {}']);
  });

  it('is held back too where a list of those that need none does not name it', async () => {
    const some = server('mail', { require_approval: { never: { tool_names: ['dr*'] } } });
    const { all, made } = place({ log: startedLog({ servers: [some, notes] }) }, [
      calls(SEND, ['mail__drop', {}], ['notes__find', {}]),
      says('Done.'),
    ]);
    expect((await runToEnd(all)).status).toBe('requires_action');
    expect(made).toEqual(['drop {}', 'find {}']);
  });

  it('is held back where a pattern names it, and where it is in both lists', async () => {
    for (const always of ['s*', '*']) {
      const require_approval = {
        always: { tool_names: [always] },
        never: { tool_names: ['send'] },
      };
      const some = server('mail', { require_approval });
      const { all, made } = place({ log: startedLog({ servers: [some, notes] }) });
      expect((await runToEnd(all)).status).toBe('requires_action');
      expect(made).toEqual([]);
    }
  });

  it('is held back where none is needed for those that only read, and its tool does not say so', async () => {
    const some = server('mail', { require_approval: { never: { read_only: true } } });
    const made: string[] = [];
    const tool = (name: string, says: Partial<MemoryTool>): MemoryTool => ({
      name,
      ...says,
      run: () => {
        made.push(name);
        return text('done');
      },
    });
    const servers = memoryServers({
      [mail.url]: [
        tool('look', { readOnly: true }),
        tool('send', { readOnly: false }),
        tool('drop', {}),
      ],
    });
    const { all } = place({ servers, log: startedLog({ servers: [some] }) }, [
      calls(['mail__look', {}], ['mail__send', {}], ['mail__drop', {}]),
      says('Done.'),
    ]);
    expect((await runToEnd(all)).status).toBe('requires_action');
    expect(made).toEqual(['look']);
    expect(asked(all)).toHaveLength(2);
  });

  it('is not asked about twice after a crash', async () => {
    const { all } = place();
    await runToEnd(all);
    await runToEnd(all);
    expect(asked(all)).toHaveLength(1);
  });

  it('counts once, whatever is said about it later', async () => {
    const { all, made } = place();
    await runToEnd(all);
    const id = foldRun(all.log.read()).actions[0]?.required.action_id ?? '';
    all.log.append([
      { type: 'action-resolved', action_id: id, outcome: 'declined' },
      { type: 'action-resolved', action_id: id, outcome: 'done' },
    ]);
    await runToEnd(all);
    expect(made).toEqual([]);
  });
});

describe('an approval', () => {
  it('is for exactly one call: with other arguments, tool or server nothing is called', async () => {
    const { all, made } = place();
    await runToEnd(all);
    const events = all.log
      .read()
      .map((event) =>
        event.type === 'tool-call' ? { ...event, arguments: '{"to":"eve"}' } : event,
      );
    const log = new MemoryLog(Date.now);
    log.append(events);
    const changed = { ...all, log };
    answer(changed, 'done');
    const run = await runToEnd(changed);
    expect(run).toMatchObject({ status: 'failed', stop_reason: 'approval_mismatch' });
    expect(made).toEqual([]);
  });

  it('does not count for a tool that its server described anew', async () => {
    const { all } = place();
    await runToEnd(all);
    answer(all, 'done');
    let made = 0;
    const run = () => text(String((made += 1)));
    const servers = memoryServers({
      [mail.url]: [{ name: 'send', description: 'Sends to everybody.', run }],
      [notes.url]: [],
    });
    expect(await runToEnd({ ...all, servers })).toMatchObject({ stop_reason: 'tools_changed' });
    expect(made).toBe(0);
  });
});

describe('where nobody can approve', () => {
  it('the run ends, says what to do, and has made the other calls', async () => {
    const { all, made } = place({ canAnswer: false }, [
      calls(SEND, ['notes__find', {}]),
      says('Never.'),
    ]);
    const run = await runToEnd(all);
    expect(run).toMatchObject({ status: 'failed', stop_reason: 'approval_required' });
    expect(run.error?.message).toMatch(/^send of mail wants approval.*--approve/);
    expect(made).toEqual(['find {}']);
  });

  it('somebody who answers nothing else may', async () => {
    const { all } = place({ canAnswer: false, canApprove: true });
    expect((await runToEnd(all)).status).toBe('requires_action');
  });
});

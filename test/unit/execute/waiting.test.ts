/** A run whose tool servers want a login, or whose tools ask a person something. */
import { describe, expect, it } from 'vitest';
import { executeRun } from '../../../src/execute/execute-run.ts';
import { systemClock } from '../../../src/execute/system-clock.ts';
import type {
  Connection,
  Elicitation,
  LoginAsked,
  Logins,
  Ports,
  ToolServers,
} from '../../../src/execute/ports.ts';
import { Fault } from '../../../src/fault/fault.ts';
import type { RunEvent } from '../../../src/run/event.ts';
import { parkedUntil } from '../../../src/run/next-commands.ts';
import { outputOf } from '../../../src/run/output.ts';
import { foldRun } from '../../../src/run/fold-run.ts';
import type { Run } from '../../../src/run/run.ts';
import {
  calls,
  memoryServers,
  ports,
  runToEnd,
  says,
  scriptedModel,
  server,
  startedLog,
  text,
  type MemoryTool,
} from '../../support/engine.ts';

const notes = server('notes');
const other = server('other');
const DAY = 24 * 3_600_000;

const refusal = () =>
  new Fault('login_required', 'notes.example wants a login.', { detail: { can_login: true } });

/** A principal who can be asked; `login` lets the servers in. */
function owner(expiresIn = DAY) {
  const asked: string[] = [];
  let isLoggedIn = false;
  const logins: Logins = {
    ask: async ({ label }): Promise<LoginAsked> => {
      asked.push(label);
      return { action_id: `action-${asked.length}`, expires_at: Date.now() + expiresIn };
    },
    token: async () => (isLoggedIn ? 'token' : null),
    refused: async () => null,
  };
  return { logins, asked, isIn: () => isLoggedIn, login: () => void (isLoggedIn = true) };
}

/** Servers that want a login before they connect, or only when a tool is called. */
function guarded(
  tools: Record<string, readonly MemoryTool[]>,
  isIn: () => boolean,
  at: 'connect' | 'call' = 'connect',
): ToolServers & { readonly connected: string[] } {
  const open = memoryServers(tools);
  const connected: string[] = [];
  return {
    connected,
    async connect(wanted, signal): Promise<Connection> {
      if (at === 'connect' && wanted.label === 'notes' && !isIn()) throw refusal();
      const usedLogin = isIn() && wanted.label === 'notes';
      connected.push(wanted.label);
      const connection = await open.connect(wanted, signal);
      return {
        ...connection,
        usedLogin,
        call: async (name, args, options) => {
          if (wanted.label === 'notes' && !usedLogin && !isIn()) throw refusal();
          if (wanted.label === 'notes' && !usedLogin) throw new Fault('internal', 'old connection');
          return connection.call(name, args, options);
        },
      };
    },
  };
}

const find: MemoryTool = { name: 'find', run: () => text('3 notes') };
const answer = () => scriptedModel([calls(['notes__find', { q: 'x' }]), says('Found three.')]);

function typesOf(all: Ports): string[] {
  return all.log.read().map(({ type }) => type);
}

async function turn(all: Ports): Promise<Run> {
  return runToEnd(all);
}

function resolve(all: Ports, outcome: 'done' | 'declined', action_id = 'action-1'): void {
  all.log.append([{ type: 'action-resolved', action_id, outcome }]);
}

describe('a run whose server wants a login before it connects', () => {
  it('waits for it, asks no model meanwhile, and goes on when it is made', async () => {
    const person = owner();
    const model = answer();
    const servers = guarded({ [notes.url]: [find], [other.url]: [] }, person.isIn);
    const log = startedLog({ servers: [notes, other] });
    const all = ports(model, { servers, log, logins: person.logins });

    const waiting = await turn(all);
    expect(waiting.status).toBe('requires_action');
    expect(waiting.actions).toMatchObject([
      { required: { action: { kind: 'authorization', server: 'notes', url: notes.url } } },
    ]);
    expect(servers.connected).toEqual(['other']);
    expect(model.asked).toEqual([]);
    expect(parkedUntil(waiting, Date.now())).toBe(waiting.actions[0]?.required.expires_at);

    person.login();
    resolve(all, 'done');
    const run = await turn(all);
    expect(run).toMatchObject({ status: 'completed', login_use: { used: true } });
    expect(outputOf(run)).toBe('Found three.');
    expect(person.asked).toEqual(['notes']);
  });

  it('started again while it waits asks nobody anew', async () => {
    const person = owner();
    const servers = guarded({ [notes.url]: [find] }, person.isIn);
    const log = startedLog({ servers: [notes] });
    const all = ports(answer(), { servers, log, logins: person.logins });
    await turn(all);
    await turn(all);
    expect(typesOf(all)).toEqual(['run-start', 'action-required']);
  });

  it('goes on in the same loop when the login comes while other work goes on', async () => {
    const person = owner();
    const arrived = Promise.withResolvers<void>();
    const slow: ToolServers = {
      async connect(wanted, signal) {
        if (wanted.label === 'other') await arrived.promise;
        return guarded({ [notes.url]: [find], [other.url]: [] }, person.isIn).connect(
          wanted,
          signal,
        );
      },
    };
    const log = startedLog({ servers: [notes, other] });
    const all = ports(answer(), { servers: slow, log, logins: person.logins });
    const stop = log.subscribe((events) => {
      if (!events.some(({ type }) => type === 'action-required')) return;
      queueMicrotask(() => {
        person.login();
        resolve(all, 'done');
        arrived.resolve();
      });
    });
    expect((await turn(all)).status).toBe('completed');
    stop();
  });

  it('ends as expired with the name of the server when nobody comes', async () => {
    const person = owner(30);
    const servers = guarded({ [notes.url]: [find] }, person.isIn);
    const all = ports(answer(), {
      servers,
      log: startedLog({ servers: [notes] }),
      logins: person.logins,
    });
    await turn(all);
    await new Promise((done) => setTimeout(done, 40));
    const run = await turn(all);
    expect(run).toMatchObject({ status: 'expired', stop_reason: 'login_expired' });
    expect(run.error?.message).toContain('notes');
    expect(typesOf(all).slice(-2)).toEqual(['action-resolved', 'run-end']);
  });

  it('fails when the login is refused', async () => {
    const person = owner();
    const all = ports(answer(), {
      servers: guarded({ [notes.url]: [find] }, person.isIn),
      log: startedLog({ servers: [notes] }),
      logins: person.logins,
    });
    await turn(all);
    resolve(all, 'declined');
    expect(await turn(all)).toMatchObject({ status: 'failed', stop_reason: 'login_denied' });
  });

  it('asks three times and then says that the server still refuses', async () => {
    const person = owner();
    const all = ports(answer(), {
      servers: guarded({ [notes.url]: [find] }, () => false),
      log: startedLog({ servers: [notes] }),
      logins: person.logins,
    });
    for (const asked of [1, 2, 3]) {
      expect((await turn(all)).status).toBe('requires_action');
      resolve(all, 'done', `action-${asked}`);
    }
    const run = await turn(all);
    expect(run).toMatchObject({ status: 'failed', stop_reason: 'login_required' });
    expect(run.error?.message).toContain('still refuses');
    expect(person.asked).toHaveLength(3);
  });

  it.each([
    ['nobody can log in', undefined, 'wait'],
    ['the prompt says on_auth: fail', owner().logins, 'fail'],
  ] as const)('fails at once where %s', async (_, logins, on_auth) => {
    const all = ports(answer(), {
      servers: guarded({ [notes.url]: [find] }, () => false),
      log: startedLog({ servers: [notes], on_auth }),
      ...(logins === undefined ? {} : { logins }),
    });
    expect(await turn(all)).toMatchObject({ status: 'failed', stop_reason: 'login_required' });
    expect(typesOf(all)).not.toContain('action-required');
  });

  it('fails with on_auth: link, and keeps where the login is made', async () => {
    const all = ports(answer(), {
      servers: guarded({ [notes.url]: [find] }, () => false),
      log: startedLog({ servers: [notes], on_auth: 'link' }),
      logins: owner().logins,
    });
    const run = await turn(all);
    expect(run).toMatchObject({ status: 'failed', stop_reason: 'login_required' });
    expect(run.actions).toHaveLength(1);
  });

  it('does not count the time it waited', async () => {
    const person = owner();
    const log = startedLog({ servers: [notes], limits: { ...LIMITS, timeout: 1 } });
    const all = ports(answer(), {
      servers: guarded({ [notes.url]: [find] }, person.isIn),
      log,
      logins: person.logins,
    });
    const waiting = await turn(all);
    const stamped: RunEvent[] = [
      ...log.read(),
      {
        type: 'action-resolved',
        action_id: 'action-1',
        outcome: 'done',
        seq: waiting.seq + 1,
        at: waiting.created_at + DAY / 2,
      },
    ];
    const run = foldRun(stamped);
    expect(run.waited).toBeGreaterThan(DAY / 2 - 1000);
    expect(run).toMatchObject({ status: 'running', waiting_since: null });
  });
});

const LIMITS = {
  max_steps: 20,
  max_tool_calls: 64,
  max_total_tokens: null,
  max_cost: null,
  timeout: 60,
};

describe('a call that is refused for want of a login', () => {
  it('is made again after the login, in a new connection', async () => {
    const person = owner();
    const model = answer();
    const servers = guarded({ [notes.url]: [find] }, person.isIn, 'call');
    const all = ports(model, {
      servers,
      log: startedLog({ servers: [notes] }),
      logins: person.logins,
    });
    const waiting = await turn(all);
    expect(waiting.status).toBe('requires_action');
    expect(waiting.steps[0]?.calls[0]).toMatchObject({ sent: false, refusals: 1 });
    person.login();
    resolve(all, 'done');
    const run = await turn(all);
    expect(run.status).toBe('completed');
    expect(run.steps[0]?.calls[0]?.result).toMatchObject({ is_error: false, used_login: true });
    expect(typesOf(all).filter((type) => type === 'tool-sent')).toHaveLength(2);
  });

  it('together with others of its server asks once, and what was on its way still answers', async () => {
    const person = owner();
    const refused = Promise.withResolvers<void>();
    const slow: MemoryTool = {
      name: 'slow',
      run: async () => {
        await refused.promise;
        await new Promise((done) => setTimeout(done, 20));
        return text('slow but there');
      },
    };
    const base = memoryServers({ [notes.url]: [find, slow] });
    const servers: ToolServers = {
      async connect(wanted, signal) {
        const connection = await base.connect(wanted, signal);
        return {
          ...connection,
          call: async (name, args, options) => {
            if (name === 'slow' || person.isIn()) return connection.call(name, args, options);
            refused.resolve();
            throw refusal();
          },
        };
      },
    };
    const model = scriptedModel([
      calls(['notes__slow', {}], ['notes__find', { q: 1 }], ['notes__find', { q: 2 }]),
      says('Done.'),
    ]);
    const all = ports(model, {
      servers,
      log: startedLog({ servers: [notes] }),
      logins: person.logins,
    });
    const waiting = await turn(all);
    expect(waiting.status).toBe('requires_action');
    expect(person.asked).toEqual(['notes']);
    expect(waiting.actions).toHaveLength(1);
    expect(waiting.steps[0]?.calls.map(({ result }) => result?.is_error)).toEqual([
      false,
      undefined,
      undefined,
    ]);
    person.login();
    resolve(all, 'done');
    const run = await turn(all);
    expect(run.status).toBe('completed');
    expect(run.steps[0]?.calls.map(({ result }) => result?.is_error)).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('with on_auth: link ends the run, which keeps where the login is made', async () => {
    const all = ports(answer(), {
      servers: guarded({ [notes.url]: [find] }, () => false, 'call'),
      log: startedLog({ servers: [notes], on_auth: 'link' }),
      logins: owner().logins,
    });
    const run = await turn(all);
    expect(run).toMatchObject({ status: 'failed', stop_reason: 'login_required' });
    expect(run.actions).toHaveLength(1);
  });

  it('that is refused again and again ends the run', async () => {
    const person = owner();
    const all = ports(answer(), {
      servers: guarded({ [notes.url]: [find] }, () => false, 'call'),
      log: startedLog({ servers: [notes] }),
      logins: person.logins,
    });
    for (const asked of [1, 2, 3]) {
      expect((await turn(all)).status).toBe('requires_action');
      resolve(all, 'done', `action-${asked}`);
    }
    const run = await turn(all);
    expect(run).toMatchObject({ status: 'failed', stop_reason: 'login_required' });
    expect(run.error?.message).toContain('still refuses');
  });
});

describe('a tool that asks a person in the middle of a call', () => {
  const form: Elicitation = {
    mode: 'form',
    message: 'Which list?',
    schema: { type: 'object', properties: { list: { type: 'string' } } },
  };

  function asking(elicitation: Elicitation, times = 1): ToolServers {
    const base = memoryServers({ [notes.url]: [find] });
    return {
      async connect(wanted, signal) {
        const connection = await base.connect(wanted, signal);
        return {
          ...connection,
          call: async (_name, _args, { onElicit, signal: over }) => {
            if (onElicit === undefined) return text('nobody to ask');
            let said = '';
            for (let asked = 0; asked < times; asked += 1) {
              said = JSON.stringify(await onElicit(elicitation, over));
            }
            return text(said);
          },
        };
      },
    };
  }

  /** Answers every question at once, as somebody outside the loop. */
  function answering(
    all: Ports,
    body: { outcome: 'done' | 'declined'; content?: { list: string } },
  ) {
    all.log.subscribe((events) => {
      for (const event of events) {
        if (event.type !== 'action-required') continue;
        const { action_id } = event;
        setTimeout(() => all.log.append([{ type: 'action-resolved', action_id, ...body }]), 5);
      }
    });
  }

  const resultOf = (run: Run) => run.steps[0]?.calls[0]?.result?.parts;

  it('is given what the person says, in the same call', async () => {
    const all = ports(answer(), {
      servers: asking(form),
      log: startedLog({ servers: [notes] }),
      canAnswer: true,
    });
    answering(all, { outcome: 'done', content: { list: 'today' } });
    const run = await turn(all);
    expect(run.status).toBe('completed');
    expect(resultOf(run)).toEqual([
      { type: 'text', text: '{"action":"accept","content":{"list":"today"}}' },
    ]);
    expect(typesOf(all).filter((type) => type === 'tool-sent')).toHaveLength(1);
    const [{ required } = { required: null }] = run.actions;
    expect(required?.action_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is told no when the person says no', async () => {
    const all = ports(answer(), {
      servers: asking(form),
      log: startedLog({ servers: [notes] }),
      canAnswer: true,
    });
    answering(all, { outcome: 'declined' });
    expect(resultOf(await turn(all))).toEqual([{ type: 'text', text: '{"action":"decline"}' }]);
  });

  it.each([
    ['nobody can answer', { canAnswer: false }, 'wait'],
    ['the prompt does not wait', { canAnswer: true }, 'fail'],
  ] as const)('has nobody to ask where %s', async (_, can, on_auth) => {
    const log = startedLog({ servers: [notes], on_auth });
    const run = await turn(ports(answer(), { servers: asking(form), log, ...can }));
    expect(resultOf(run)).toEqual([{ type: 'text', text: 'nobody to ask' }]);
  });

  it.each<[string, Elicitation]>([
    ['an address that is no web page', { mode: 'url', message: 'Open', url: 'file:///etc/passwd' }],
    ['a form without fields', { mode: 'form', message: 'Say' }],
    ['a flood', { ...form, message: 'x'.repeat(20_000) }],
  ])('is told no for %s, and nobody is asked', async (_, elicitation) => {
    const log = startedLog({ servers: [notes] });
    const all = ports(answer(), { servers: asking(elicitation), log, canAnswer: true });
    expect(resultOf(await turn(all))).toEqual([{ type: 'text', text: '{"action":"decline"}' }]);
    expect(typesOf(all)).not.toContain('action-required');
  });

  it('can ask eight times in a call and no more', async () => {
    const log = startedLog({ servers: [notes] });
    const all = ports(answer(), { servers: asking(form, 10), log, canAnswer: true });
    answering(all, { outcome: 'done', content: { list: 'today' } });
    const run = await turn(all);
    expect(run.actions).toHaveLength(8);
    expect(resultOf(run)).toEqual([{ type: 'text', text: '{"action":"decline"}' }]);
  });

  it('is told no when nobody answers in five minutes', async () => {
    const clock = systemClock(0);
    const all = ports(answer(), {
      servers: asking(form),
      log: startedLog({ servers: [notes] }),
      canAnswer: true,
      // Five minutes are over at once.
      clock: {
        ...clock,
        sleep: (ms, signal) => clock.sleep(ms > 299_000 ? 1 : ms, signal),
      },
    });
    const run = await turn(all);
    expect(run.status).toBe('completed');
    expect(run.actions[0]?.resolved?.outcome).toBe('expired');
    expect(resultOf(run)).toEqual([{ type: 'text', text: '{"action":"decline"}' }]);
  });

  it('does not outlive the call that asks', async () => {
    const base = memoryServers({ [notes.url]: [find] });
    const servers: ToolServers = {
      async connect(wanted, signal) {
        const connection = await base.connect(wanted, signal);
        return {
          ...connection,
          call: async (_name, _args, { onElicit }) => {
            const late = AbortSignal.timeout(20);
            await onElicit?.(form, late).catch(() => {});
            return text('gave up');
          },
        };
      },
    };
    const log = startedLog({ servers: [notes] });
    const run = await turn(ports(answer(), { servers, log, canAnswer: true }));
    expect(resultOf(run)).toEqual([{ type: 'text', text: 'gave up' }]);
    expect(run.actions[0]?.resolved?.outcome).toBe('cancelled');
  });

  it('waits for nobody any more when its process died: the call is lost', async () => {
    const log = startedLog({ servers: [notes] });
    const all = ports(answer(), { servers: asking(form), log, canAnswer: true });
    const stop = new AbortController();
    log.subscribe((events) => {
      if (events.some(({ type }) => type === 'action-required')) setTimeout(() => stop.abort(), 5);
    });
    await executeRun(all, stop.signal);
    const run = await turn(all);
    expect(run.status).toBe('completed');
    expect(run.actions[0]?.resolved?.outcome).toBe('cancelled');
    expect(JSON.stringify(resultOf(run))).toContain('outcome of this call is unknown');
  });
});

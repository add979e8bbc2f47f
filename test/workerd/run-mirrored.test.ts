/** The object of a run that goes on inside of a request. */
import {
  env,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { normalizePrompt } from '../../src/normalize/normalize-prompt.ts';
import { parsePrompt } from '../../src/parse/parse-prompt.ts';
import type { EventBody, RunEvent } from '../../src/run/event.ts';
import type { Env } from '../../src/worker/env.ts';
import { runClient } from '../../src/worker/run/run-client.ts';
import { newRunId } from '../../src/worker/run/run-id.ts';
import type { RunObject } from '../../src/worker/run/run-object.ts';

const bindings = env as unknown as Env & { readonly ID_KEY: string };
const OWNER = { holdsToken: true, principal: null };
const MINUTE = 60_000;

const { request } = normalizePrompt(parsePrompt('---\ntimeout: 60\n---\nSay hello.'), {
  providers: [{ id: 'demo', defaultModel: 'demo' }],
});

async function accepted() {
  if (request === null) throw new Error('The prompt has an error.');
  const id = await newRunId(bindings.ID_KEY);
  const run = runClient(bindings, id);
  await run.accept(
    {
      type: 'run-start',
      version: 1,
      id,
      prompt: 'Say hello.',
      request,
      problems: [],
      expires_at: null,
    },
    {
      principal: 'local',
      is_suggested: false,
      is_mirrored: true,
      origin: 'https://prompts.example',
      expires_at: null,
      user: '',
      address: null,
      has_key: false,
    },
  );
  const stub = bindings.RUNS.getByName(id) as unknown as DurableObjectStub<RunObject>;
  return { run, stub };
}

const text = (words: string): EventBody => ({ type: 'text-delta', step: 1, text: words });
const start: EventBody = {
  type: 'step-start',
  step: 1,
  attempt: 1,
  provider: 'demo',
  model: 'demo',
};
const end: EventBody = { type: 'run-end', status: 'completed', stop_reason: 'stop' };

const stamped = (bodies: readonly EventBody[], at = Date.now()): RunEvent[] =>
  bodies.map((body) => ({ ...body, seq: 0, at }));

async function shown(run: Awaited<ReturnType<typeof accepted>>['run']) {
  const found = await run.view(OWNER);
  if (found.found !== 'run') throw new Error(found.found);
  return found.value;
}

/** Lets the time pass: everything that is kept happened so much earlier. */
async function age(stub: DurableObjectStub<RunObject>, ms: number): Promise<void> {
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    const rows = sql.exec<{ seq: number; json: string }>('SELECT seq, json FROM event').toArray();
    for (const { seq, json } of rows) {
      const older = json.replace(/"at":(\d+)/, (_all, at: string) => `"at":${Number(at) - ms}`);
      sql.exec('UPDATE event SET json = ? WHERE seq = ?', older, seq);
    }
  });
}

describe('a run that goes on inside of a request', () => {
  it('is not carried on here, whatever process starts', async () => {
    const { run, stub } = await accepted();
    await runDurableObjectAlarm(stub);
    await run.mirror(1, stamped([start, text('Hel')]));
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    expect(await shown(run)).toMatchObject({ status: 'running', answer: 'Hel', seq: 3 });
  });

  it('keeps events once and in order, however often they are sent', async () => {
    const { run } = await accepted();
    const at = Date.now() - 5000;
    expect(await run.mirror(1, stamped([start, text('Hel')], at))).toEqual({
      seq: 3,
      ended: false,
    });
    expect(await run.mirror(1, stamped([start, text('Hel')], at))).toEqual({
      seq: 3,
      ended: false,
    });
    expect(await run.mirror(3, stamped([text('lo.'), end]))).toEqual({ seq: 5, ended: true });
    const view = await shown(run);
    expect(view).toMatchObject({ status: 'completed', answer: 'Hello.' });
    expect(view.steps[0]?.started_at).toBe(at);
    expect(await run.mirror(5, stamped([text('More.')]))).toEqual({ seq: 5, ended: true });
  });

  it('is ended when nothing came for minutes beyond its time, and not before', async () => {
    const { run, stub } = await accepted();
    await run.mirror(1, stamped([start, text('Hel')]));
    await age(stub, 5 * MINUTE);
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    expect((await shown(run)).status).toBe('running');
    await age(stub, 1.1 * MINUTE);
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    expect(await shown(run)).toMatchObject({
      status: 'failed',
      answer: 'Hel',
      error: {
        code: 'interrupted',
        message: 'The request that this run was part of broke off without an end.',
      },
    });
  });

  it('waits for a login as long as the login may take', async () => {
    const { run, stub } = await accepted();
    const action = {
      kind: 'authorization',
      server: 'notes',
      url: 'https://a.example/mcp',
    } as const;
    const expires_at = Date.now() + 60 * MINUTE;
    const asked: EventBody = { type: 'action-required', action_id: 'a1', action, expires_at };
    await run.mirror(1, stamped([asked]));
    await age(stub, 30 * MINUTE);
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    expect((await shown(run)).status).toBe('requires_action');
    const answered = await run.resolveAction(OWNER, 'a1', { action: 'decline' });
    expect(answered).toMatchObject({ value: { acted: 'invalid' } });
  });

  it('takes no more once its owner has cancelled or removed it', async () => {
    const { run } = await accepted();
    await run.cancel(OWNER);
    expect(await run.mirror(1, stamped([start]))).toEqual({ seq: 2, ended: true });
    await run.remove(OWNER);
    expect(await run.mirror(2, stamped([start]))).toEqual({ seq: 0, ended: true });
  });

  it('takes nothing that no request began', async () => {
    const id = await newRunId(bindings.ID_KEY);
    expect(await runClient(bindings, id).mirror(0, stamped([start]))).toMatchObject({
      ended: true,
    });
  });
});

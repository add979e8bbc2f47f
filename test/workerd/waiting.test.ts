/** A run that waits for a person, as its object keeps it: asleep, and back when it is told. */
import {
  env,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { EventBody, RunEvent } from '../../src/run/event.ts';
import { normalizePrompt } from '../../src/normalize/normalize-prompt.ts';
import type { CompletionRequest } from '../../src/normalize/request.ts';
import { parsePrompt } from '../../src/parse/parse-prompt.ts';
import { fsck } from '../../src/run/fsck.ts';
import type { Env } from '../../src/worker/env.ts';
import worker from '../../src/worker/index.ts';
import { NO_PROOF } from '../../src/worker/principal/principal.ts';
import { runClient } from '../../src/worker/run/run-client.ts';
import { newRunId, ownerToken } from '../../src/worker/run/run-id.ts';
import { SqlRunLog } from '../../src/worker/run/run-log.ts';
import type { RunObject } from '../../src/worker/run/run-object.ts';
import { createRecord } from '../../src/worker/run/run-record.ts';

// The first run of a file loads the MCP client, which takes a busy machine a while.
const bindings = env as unknown as Env & { readonly ID_KEY: string };
const OWNER = { holdsToken: true, principal: null };
const DAY = 86_400_000;
const ACTION = 'action-1';

const PROMPT = '@/demo/mcp\n\nRoll two dice.';
const { request: REQUEST } = normalizePrompt(parsePrompt(PROMPT), {
  providers: [{ id: 'demo', defaultModel: 'demo' }],
});

function requestWith(change: Partial<CompletionRequest>): CompletionRequest {
  if (REQUEST === null) throw new Error('The prompt has an error.');
  return { ...REQUEST, ...change };
}

function login(expires_at = Date.now() + DAY, action_id = ACTION): EventBody {
  const action = { kind: 'authorization', server: 'demo', url: '/demo/mcp' } as const;
  return { type: 'action-required', action_id, action, expires_at };
}

interface Plan {
  readonly expires_at?: number;
  readonly request?: Partial<CompletionRequest>;
}

/** A run whose process died after these events, and its alarm with it. */
async function waiting(bodies: readonly EventBody[], { expires_at, request = {} }: Plan = {}) {
  const id = await newRunId(bindings.ID_KEY);
  const stub = bindings.RUNS.getByName(id) as unknown as DurableObjectStub<RunObject>;
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    createRecord(sql, {
      principal: 'key:alice',
      is_suggested: false,
      origin: 'https://prompts.example',
      expires_at: expires_at ?? null,
      user: '',
      address: null,
      has_key: false,
    });
    SqlRunLog.create(sql);
    new SqlRunLog(sql).append([
      {
        type: 'run-start',
        version: 1,
        id,
        prompt: PROMPT,
        request: requestWith(request),
        problems: [],
        expires_at: expires_at ?? null,
      },
      ...bodies,
    ]);
  });
  await evictDurableObject(stub);
  return { id, stub, run: runClient(bindings, id) };
}

async function eventsOf(stub: DurableObjectStub<RunObject>): Promise<readonly RunEvent[]> {
  const events = await runInDurableObject(stub, (_, { storage }) =>
    new SqlRunLog(storage.sql).read(),
  );
  expect(fsck(events)).toEqual([]);
  return events;
}

async function alarmOf(stub: DurableObjectStub<RunObject>): Promise<number | null> {
  return await runInDurableObject(stub, (_, state) => state.storage.getAlarm());
}

/** As the platform would: the alarm is due. */
async function ring(stub: DurableObjectStub<RunObject>): Promise<void> {
  await runInDurableObject(stub, (object) => object.alarm());
}

const statusOf = async (run: ReturnType<typeof runClient>) => {
  const found = await run.view(OWNER);
  return found.found === 'run' ? found.value.status : found.found;
};

describe('a run that waits for a login', () => {
  it('sleeps until the login expires', async () => {
    const until = Date.now() + DAY;
    const { stub, run } = await waiting([login(until)]);
    await ring(stub);
    expect(await alarmOf(stub)).toBe(until);
    expect(await statusOf(run)).toBe('requires_action');
    expect(await eventsOf(stub)).toHaveLength(2);
  });

  it('goes on by itself when the login is made, after a restart too', async () => {
    const { stub, run } = await waiting([login()]);
    await ring(stub);
    await evictDurableObject(stub);
    expect(await run.resume({ action_ids: [ACTION] })).toBe(true);
    await expect.poll(() => statusOf(run)).toBe('completed');
  });

  it('is found by the address of its server, and by no other', async () => {
    const { run } = await waiting([login()]);
    expect(await run.resume({ url: 'https://other.example/mcp', action_ids: ['x'] })).toBe(false);
    expect(await statusOf(run)).toBe('requires_action');
    expect(await run.resume({ url: '/demo/mcp' })).toBe(true);
    await expect.poll(() => statusOf(run)).toBe('completed');
  });

  it('is resumed once, however often it is told', async () => {
    const { stub, run } = await waiting([login()]);
    const told = await Promise.all([1, 2, 3].map(() => run.resume({ action_ids: [ACTION] })));
    expect(told.filter(Boolean)).toHaveLength(1);
    await expect.poll(() => statusOf(run)).toBe('completed');
    expect(await run.resume({ action_ids: [ACTION] })).toBe(false);
    const resolved = (await eventsOf(stub)).filter(({ type }) => type === 'action-resolved');
    expect(resolved).toHaveLength(1);
  });

  it('is settled for whoever holds a request for it', async () => {
    const { run } = await waiting([login()]);
    expect(await run.settled(50_000)).toBe(true);
  });

  it('expires with a clear text when nobody came', async () => {
    const { stub, run } = await waiting([login(Date.now() + 600)]);
    await ring(stub);
    await expect.poll(() => statusOf(run)).toBe('expired');
    const end = (await eventsOf(stub)).at(-1);
    expect(end).toMatchObject({ type: 'run-end', stop_reason: 'login_expired' });
    expect(JSON.stringify(end)).toContain('demo');
  });

  it('lives as long as its login when it is not to be stored', async () => {
    const { stub, run } = await waiting([login()], {
      expires_at: Date.now() + 400,
      request: { store: false },
    });
    await ring(stub);
    await new Promise((resolve) => setTimeout(resolve, 450));
    expect(await statusOf(run)).toBe('requires_action');
    await evictDurableObject(stub);
    expect(await statusOf(run)).toBe('requires_action');
  });

  it('is purged in time when its author set a ttl', async () => {
    const { stub, run } = await waiting([login()], {
      expires_at: Date.now() + 400,
      request: { ttl: 1 },
    });
    await ring(stub);
    await expect.poll(() => statusOf(run)).toBe('tombstone');
    await runDurableObjectAlarm(stub);
    await expect.poll(async () => (await alarmOf(stub)) ?? 'none').toBe('none');
  });

  it('is kept for a day after it ended, because it used a login', async () => {
    const { stub, run } = await waiting([login()]);
    await run.resume({ action_ids: [ACTION] });
    await expect.poll(() => statusOf(run)).toBe('completed');
    const ended = (await eventsOf(stub)).at(-1)?.at ?? 0;
    await expect.poll(() => alarmOf(stub)).toBe(ended + DAY);
  });

  it('can be cancelled and removed while it sleeps', async () => {
    const { run } = await waiting([login()]);
    expect(await run.cancel(OWNER)).toEqual({ found: 'run', value: 'cancelled' });
    expect(await run.resume({ action_ids: [ACTION] })).toBe(false);
    expect(await run.remove(OWNER)).toEqual({ found: 'run', value: true });
    expect(await run.resume({ action_ids: [ACTION] })).toBe(false);
  });
});

/** A call that was on its way when its tool asked a person. */
const ASKING: readonly EventBody[] = [
  { type: 'server-end', label: 'demo', url: '/demo/mcp', ok: true, ms: 1, tools: [] },
  { type: 'step-start', step: 1, attempt: 1, provider: 'demo', model: 'demo' },
  {
    type: 'tool-call',
    step: 1,
    call_id: 'c1',
    wire_name: 'demo__ask',
    server: 'demo',
    tool: 'ask',
    arguments: '{}',
  },
  { type: 'step-end', step: 1, finish_reason: 'tool_calls', tool_calls: [] },
  { type: 'tool-sent', call_id: 'c1' },
  {
    type: 'action-required',
    action_id: ACTION,
    action: {
      kind: 'elicitation',
      server: 'demo',
      call_id: 'c1',
      mode: 'form',
      message: 'Which list?',
      schema: {
        type: 'object',
        required: ['list'],
        properties: { list: { type: 'string', maxLength: 5 }, count: { type: 'integer' } },
      },
    },
    expires_at: Date.now() + DAY,
  },
];

async function ask(path: string, init: RequestInit): Promise<Response> {
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
  const request = new Request(`https://prompts.example${path}`, init);
  return await worker.fetch(
    request as Parameters<typeof worker.fetch>[0],
    bindings,
    context as unknown as ExecutionContext,
  );
}

describe('POST /{id}/actions/{action_id}', () => {
  const post = (id: string, init: RequestInit, action = ACTION) =>
    ask(`/${id}/actions/${action}`, { method: 'POST', redirect: 'manual', ...init });

  async function owned(id: string, body: unknown) {
    const authorization = `Bearer ${await ownerToken(bindings.ID_KEY, id)}`;
    return { body: JSON.stringify(body), headers: { authorization } };
  }

  const resolutionOf = async (stub: DurableObjectStub<RunObject>) =>
    (await eventsOf(stub)).find(({ type }) => type === 'action-resolved');

  it('is for the owner alone', async () => {
    const { id, stub } = await waiting(ASKING);
    const body = JSON.stringify({ action: 'decline' });
    const bob = { authorization: 'Bearer bob-key-0123456789' };
    for (const headers of [{}, bob, { authorization: 'Bearer wrong' }]) {
      const response = await post(id, { body, headers });
      expect(response.status).toBe(401);
      expect(await response.text()).toContain('owner_required');
    }
    expect(await resolutionOf(stub)).toBeUndefined();
  });

  it('is refused from pages of other sites, whatever they send', async () => {
    const { id, stub } = await waiting(ASKING);
    const init = await owned(id, { action: 'decline' });
    const headers = { ...init.headers, 'sec-fetch-site': 'cross-site' };
    expect((await post(id, { ...init, headers })).status).toBe(403);
    expect(await resolutionOf(stub)).toBeUndefined();
  });

  it('gives the tool what the owner answers, and the first answer counts', async () => {
    const { id, stub } = await waiting(ASKING);
    const first = await post(id, await owned(id, { action: 'accept', content: { list: 'today' } }));
    expect(first.status).toBe(200);
    expect(await first.json()).toMatchObject({ id, object: 'run', status: 'running' });
    expect((await post(id, await owned(id, { action: 'decline' }))).status).toBe(200);
    const resolved = (await eventsOf(stub)).filter(({ type }) => type === 'action-resolved');
    expect(resolved).toMatchObject([{ outcome: 'done', content: { list: 'today' } }]);
  });

  it('takes the page’s own form and leads back to the page', async () => {
    const { id, stub } = await waiting(ASKING);
    const cookie = `run_owner=${await ownerToken(bindings.ID_KEY, id)}`;
    const response = await post(id, {
      body: new URLSearchParams({ action: 'accept', 'content.list': 'now', 'content.count': '2' }),
      headers: { cookie, accept: 'text/html', 'sec-fetch-site': 'same-origin' },
    });
    expect([response.status, response.headers.get('location')]).toEqual([303, `/${id}`]);
    expect(await resolutionOf(stub)).toMatchObject({ content: { list: 'now', count: 2 } });
  });

  it.each([
    [{ action: 'accept', content: { list: 'much too long' } }, 'list'],
    [{ action: 'accept', content: { list: 'x', other: 1 } }, 'not asked for'],
    [{ action: 'accept', content: { list: { deep: [[[[1]]]] } } }, 'flat'],
    [{ action: 'accept' }, 'list'],
    [{ action: 'approve' }, 'accept, decline or cancel'],
    ['text', 'JSON object'],
  ])('refuses what was not asked for: %j', async (body, reason) => {
    const { id, stub } = await waiting(ASKING);
    const response = await post(id, await owned(id, body));
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(reason);
    expect(await resolutionOf(stub)).toBeUndefined();
  });

  it('knows the actions of this run only', async () => {
    const { id } = await waiting(ASKING);
    expect((await post(id, await owned(id, { action: 'decline' }), 'action-2')).status).toBe(404);
  });

  it('ends a run whose owner does not log in', async () => {
    const { id, run } = await waiting([login()]);
    expect((await post(id, await owned(id, { action: 'accept' }))).status).toBe(400);
    expect((await post(id, await owned(id, { action: 'decline' }))).status).toBe(200);
    await expect.poll(() => statusOf(run)).toBe('failed');
    const found = await run.view(OWNER);
    expect(found).toMatchObject({ value: { stop_reason: 'login_denied' } });
  });
});

/** A call that waits for its owner. */
function held(expires_at = Date.now() + DAY): readonly EventBody[] {
  const call = { call_id: 'c1', server: 'demo', tool: 'roll_dice', arguments: '{}' };
  return [
    { type: 'server-end', label: 'demo', url: '/demo/mcp', ok: true, ms: 1, tools: [] },
    { type: 'step-start', step: 1, attempt: 1, provider: 'demo', model: 'demo' },
    { type: 'tool-call', step: 1, wire_name: 'demo__roll_dice', ...call },
    { type: 'step-end', step: 1, finish_reason: 'tool_calls', tool_calls: [] },
    {
      type: 'action-required',
      action_id: ACTION,
      action: { kind: 'approval', hash: '', ...call },
      expires_at,
    },
  ];
}

describe('a run that waits for an approval', () => {
  it('sleeps until the approval expires, and then ends with a clear text', async () => {
    const until = Date.now() + 5000;
    const { stub, run } = await waiting(held(until));
    await ring(stub);
    expect(await alarmOf(stub)).toBe(until);
    expect(await statusOf(run)).toBe('requires_action');
    await expect.poll(() => statusOf(run)).toBe('expired');
    const end = (await eventsOf(stub)).at(-1);
    expect(end).toMatchObject({ type: 'run-end', stop_reason: 'approval_expired' });
    const late = await run.resolveAction(OWNER, ACTION, { action: 'accept' });
    expect(late).toEqual({ found: 'run', value: { acted: 'over' } });
  });

  it('takes one answer: the same again is the same, another one comes too late', async () => {
    const { stub, run } = await waiting(held());
    expect(await run.resolveAction(NO_PROOF, ACTION, { action: 'accept' })).toEqual({
      found: 'refused',
    });
    const answers = await Promise.all(
      (['decline', 'decline', 'accept'] as const).map((action) =>
        run.resolveAction(OWNER, ACTION, { action }),
      ),
    );
    expect(answers).toMatchObject([
      { value: { acted: 'done' } },
      { value: { acted: 'done' } },
      { value: { acted: 'over' } },
    ]);
    const resolved = (await eventsOf(stub)).filter(({ type }) => type === 'action-resolved');
    expect(resolved).toMatchObject([{ outcome: 'declined' }]);
  });

  it('is not gone on with by a login, nor by an answer to something else', async () => {
    const { run } = await waiting(held());
    expect(await run.resume({ action_ids: [ACTION], url: '/demo/mcp' })).toBe(false);
    const other = await run.resolveAction(OWNER, 'other', { action: 'accept' });
    expect(other).toEqual({ found: 'run', value: { acted: 'unknown' } });
    expect(await statusOf(run)).toBe('requires_action');
  });
});

describe('who reads a run that waits', () => {
  it('is told where to log in as its owner, and only that it waits as anybody else', async () => {
    const { run } = await waiting([login()]);
    const own = JSON.stringify(await run.view({ holdsToken: false, principal: 'key:alice' }));
    expect(own).toContain(`/connect/${ACTION}`);
    const seen = JSON.stringify(await run.view(NO_PROOF));
    expect(seen).toContain('"type":"authorization"');
    expect(seen).not.toContain(ACTION);
  });

  it('has as its owner a page whose form may say where it comes from, and as nobody else', async () => {
    const { id } = await waiting([login()]);
    const cookie = `run_owner=${await ownerToken(bindings.ID_KEY, id)}`;
    const own = await ask(`/${id}.html`, { headers: { cookie } });
    expect(own.headers.get('referrer-policy')).toBe('same-origin');
    expect(await own.text()).toContain(`href="/connect/${ACTION}"`);
    const other = await ask(`/${id}.html`, {});
    expect(other.headers.get('referrer-policy')).toBe('no-referrer');
    expect(await other.text()).not.toContain(ACTION);
  });

  it('follows events that tell the owner the link, and everybody else only that it waits', async () => {
    const { run } = await waiting([login()]);
    const read = async (proof: typeof NO_PROOF) => {
      const found = await run.events(proof, { after: 0, preamble: '' });
      if (found.found !== 'run' || found.value === null) throw new Error(found.found);
      const reader = found.value.getReader();
      const { value } = await reader.read();
      await reader.cancel();
      return new TextDecoder().decode(value);
    };
    expect(await read(OWNER)).toContain(`https://prompts.example/connect/${ACTION}`);
    const seen = await read(NO_PROOF);
    expect(seen).toContain('"kind":"authorization"');
    expect(seen).not.toMatch(/action-1|connect|demo\/mcp/);
  });
});

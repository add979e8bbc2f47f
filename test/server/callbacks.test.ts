/** What a run tells its callback, on the running product, to a receiver that checks signatures. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { hookPeer, verified, type Hooked, type HookPeer } from '../support/hook-peer.ts';
import { keptFiles } from '../support/kept-files.ts';
import { Browser, linkOf, LoginWorld, type Shown } from '../support/login-product.ts';
import { freePort } from '../support/peers.ts';
import { startProduct, type Product } from '../support/product.ts';

interface Created {
  readonly id: string;
  readonly url: string;
  readonly owner_token: string;
  readonly callback_secret: string;
}

interface Told {
  readonly status: string;
  readonly callback: {
    readonly disabled: boolean;
    readonly events: readonly {
      readonly type: string;
      readonly id: string;
      readonly attempts: number;
      readonly delivered_at: string | null;
      readonly next_at: string | null;
    }[];
  } | null;
}

const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-'));
let hook: HookPeer;
let product: Product;
let taken = 0;

const start = () =>
  startProduct({
    STATE_DIR: stateDir,
    EGRESS_ALLOW: hook.host,
    SECRET_BOUND: 'bound-canary',
    HOSTS_OF_SECRET_BOUND: 'hooks.example',
    SECRET_HOOK: `${hook.origin}/from-secret?token=canary-of-the-operator`,
  });

beforeAll(async () => {
  hook = await hookPeer();
  product = await start();
});
afterAll(async () => {
  await Promise.all([product.stop(), hook.stop()]);
  rmSync(stateDir, { recursive: true, force: true });
});
beforeEach(() => (taken = hook.seen.length));

/** A run whose callback is the receiver. */
async function create(callback = `${hook.origin}/hook`, text = 'CANARY-prompt'): Promise<Created> {
  const body = `---\ncallback: ${callback}\n---\n\n${text}`;
  const answer = await ask(`${product.origin}/`, { body });
  expect(answer.status).toBe(201);
  return JSON.parse(answer.text) as Created;
}

/** The next try that arrives. */
async function nextTry(): Promise<Hooked> {
  await expect.poll(() => hook.seen.length, { timeout: 20_000 }).toBeGreaterThan(taken);
  taken += 1;
  const [seen] = hook.seen.slice(taken - 1);
  if (seen === undefined) throw new Error('Nothing arrived.');
  return seen;
}

async function told({ id, owner_token }: Created): Promise<Told> {
  const headers = { authorization: `Bearer ${owner_token}` };
  return JSON.parse((await ask(`${product.origin}/${id}.json`, { headers })).text) as Told;
}

/** What became of the only message, once that is written down. */
async function firstEvent(run: Created, isDone: (told: Told) => boolean) {
  await expect.poll(async () => isDone(await told(run)), { timeout: 10_000 }).toBe(true);
  return (await told(run)).callback?.events[0];
}

describe('the callback of a run', () => {
  it('is told that the run is completed and where it is, and nothing that it says', async () => {
    const run = await create();
    const seen = await nextTry();
    const { timestamp, ...body } = verified(seen, run.callback_secret);
    expect(body).toEqual({
      type: 'run.completed',
      data: {
        run_id: run.id,
        status: 'completed',
        url: run.url,
        message: 'The run is completed.',
      },
    });
    expect(new Date(timestamp).toISOString()).toBe(timestamp);
    expect(seen.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(seen.body).not.toContain('CANARY');
    const event = await firstEvent(
      run,
      ({ callback }) => callback?.events[0]?.delivered_at !== null,
    );
    expect(event).toEqual({
      type: 'run.completed',
      id: seen.headers['webhook-id'],
      attempts: 1,
      delivered_at: expect.any(String) as string,
      next_at: null,
    });
  });

  it('is signed with a secret of this run, which a forger does not have', async () => {
    const one = await create();
    const seen = await nextTry();
    const other = await create();
    await nextTry();
    expect(one.callback_secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(other.callback_secret).not.toBe(one.callback_secret);
    expect(() => verified(seen, other.callback_secret)).toThrow('No matching signature');
    const forged = { ...seen, body: seen.body.replace('completed', 'failed') };
    expect(() => verified(forged, one.callback_secret)).toThrow('No matching signature');
  });

  it('is told how it failed in our words, and that it was cancelled', async () => {
    const failing = await create(
      `${hook.origin}/hook`,
      `http://127.0.0.1:${await freePort()}/mcp\n\nCANARY-prompt`,
    );
    const failed = verified(await nextTry(), failing.callback_secret);
    expect(failed).toMatchObject({
      type: 'run.failed',
      data: { status: 'failed', message: expect.not.stringContaining('CANARY') as string },
    });
    // A demo that never comes to its end by itself.
    const body = `---\ncallback: ${hook.origin}/hook\ntools: /demo/mcp\nmax_steps: 1000\nmax_tool_calls: 10000\n---\n\nPlease loop forever.`;
    const run = JSON.parse((await ask(`${product.origin}/`, { body })).text) as Created;
    const headers = { authorization: `Bearer ${run.owner_token}` };
    await ask(`${product.origin}/${run.id}/cancel`, { method: 'POST', headers });
    expect(verified(await nextTry(), run.callback_secret)).toMatchObject({
      type: 'run.failed',
      data: { status: 'cancelled', message: 'The run was cancelled.' },
    });
  });

  it('is told only what it wants to be told', async () => {
    const run = await create(`{url: "${hook.origin}/hook", events: [failed]}`);
    await expect.poll(async () => (await told(run)).status).toBe('completed');
    expect((await told(run)).callback).toEqual({ disabled: false, events: [] });
    expect(hook.seen.filter(({ body }) => body.includes(run.id))).toEqual([]);
  });

  it('is shown to nobody but the owner, and the secret to nobody after the creation', async () => {
    const run = await create();
    await nextTry();
    for (const suffix of ['.json', '.md', '.html', '.txt', '/events', '?edit']) {
      const { text } = await ask(`${product.origin}/${run.id}${suffix}`);
      expect(text).not.toContain('whsec_');
      expect(text).not.toContain('msg_');
    }
    const shown = JSON.parse((await ask(`${product.origin}/${run.id}.json`)).text) as Told;
    expect(shown.callback).toBeNull();
    expect(JSON.stringify(await told(run))).not.toMatch(/whsec_|canary|\/hook"/);
  });

  it('has its secret in every form of a creation reply', async () => {
    const body = `---\ncallback: ${hook.origin}/hook\n---\nHi.`;
    const send = (accept: string, query = '') =>
      ask(`${product.origin}/${query}`, { body, headers: { accept } });
    for (const [accept, query] of [
      ['text/markdown', ''],
      ['text/plain', ''],
      ['application/json', '?wait=20'],
    ]) {
      const { headers } = await send(accept ?? '', query);
      const secret = String(headers['x-run-callback-secret']);
      expect(verified(await nextTry(), secret).type).toBe('run.completed');
    }
    const { text } = await send('text/event-stream');
    const first = /^event: run\ndata: (.*)$/m.exec(text)?.[1] ?? '{}';
    const { callback_secret } = JSON.parse(first) as Created;
    expect(verified(await nextTry(), callback_secret).type).toBe('run.completed');
    const without = await ask(`${product.origin}/`, { body: 'Hi.' });
    expect(without.text).not.toContain('callback_secret');
  });

  it('has its secret again in the reply to the same request under its key, and tells once', async () => {
    const body = `---\ncallback: ${hook.origin}/hook\n---\nOnce.`;
    const send = async () =>
      ask(`${product.origin}/`, { body, headers: { 'idempotency-key': 'told-once' } });
    const first = JSON.parse((await send()).text) as Created;
    const seen = await nextTry();
    const again = await send();
    expect(again.headers['idempotency-replayed']).toBe('true');
    const { id, callback_secret } = JSON.parse(again.text) as Created;
    expect([id, callback_secret]).toEqual([first.id, first.callback_secret]);
    expect(verified(seen, callback_secret).type).toBe('run.completed');
    expect((await told(first)).callback?.events).toHaveLength(1);
  });
});

describe('another address for the run', () => {
  const rotate = ({ id, owner_token }: Created) =>
    ask(`${product.origin}/${id}/rotate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${owner_token}` },
    });

  it('waits until everything was told, and has no callback', async () => {
    hook.answers([500]);
    const run = await create();
    await nextTry();
    await firstEvent(run, ({ callback }) => callback?.events[0]?.attempts === 1);
    const early = await rotate(run);
    expect(early.status).toBe(409);
    expect(early.text).toContain('The callback has not been told everything yet.');
    expect(verified(await nextTry(), run.callback_secret).data['run_id']).toBe(run.id);
    await firstEvent(run, ({ callback }) => callback?.events[0]?.delivered_at !== null);
    const { status, text } = await rotate(run);
    expect(status).toBe(200);
    expect(text).not.toContain('callback_secret');
    expect((await told(JSON.parse(text) as Created)).callback).toBeNull();
  });
});

describe('a receiver that does not take it', () => {
  it('is told again under the same id, also when the server was killed in between', async () => {
    hook.answers([500]);
    const run = await create();
    const first = await nextTry();
    const event = await firstEvent(run, ({ callback }) => callback?.events[0]?.attempts === 1);
    expect(event?.delivered_at).toBeNull();
    process.kill(product.workerdPid(), 'SIGKILL');
    await product.ended;
    product = await start();
    const second = await nextTry();
    const [id, timestamp] = ['webhook-id', 'webhook-timestamp'];
    expect(second.headers[id]).toBe(first.headers[id]);
    expect(Number(second.headers[timestamp])).toBeGreaterThan(Number(first.headers[timestamp]));
    expect(second.body).toBe(first.body);
    expect(verified(second, run.callback_secret).type).toBe('run.completed');
    const after = await firstEvent(run, ({ callback }) => callback?.events[0]?.attempts === 2);
    expect(after?.next_at === null || after?.delivered_at === null).toBe(true);
  });

  it('is not followed anywhere else', async () => {
    hook.answers([307, { location: `${hook.origin}/elsewhere` }]);
    const run = await create();
    expect((await nextTry()).path).toBe('/hook');
    const event = await firstEvent(run, ({ callback }) => {
      const next = callback?.events[0]?.next_at ?? null;
      return next !== null && Date.parse(next) < Date.now() + 7000;
    });
    expect(event).toMatchObject({ attempts: 1, delivered_at: null });
    expect((await nextTry()).path).toBe('/hook');
    expect(hook.seen.every(({ path }) => path !== '/elsewhere')).toBe(true);
  });

  it('and says that it is gone is told no more', async () => {
    hook.answers([410]);
    const run = await create();
    await nextTry();
    const event = await firstEvent(run, ({ callback }) => callback?.disabled === true);
    expect(event).toMatchObject({ attempts: 1, delivered_at: null, next_at: null });
  });

  it('and never answers delays neither the run nor who reads it, and a deleted run tells no more', async () => {
    hook.answers(null, [500]);
    const silent = await create();
    const refused = await create();
    await nextTry();
    await nextTry();
    for (const run of [silent, refused]) {
      expect((await told(run)).status).toBe('completed');
      const headers = { authorization: `Bearer ${run.owner_token}` };
      const removed = await ask(`${product.origin}/${run.id}`, { method: 'DELETE', headers });
      expect(removed.status).toBe(204);
    }
    const until = Date.now() + 7000;
    while (Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(hook.seen.length).toBe(taken);
  });

  it('and has an address inside is never asked, and the run is what it is', async () => {
    const run = await create(`http://127.0.0.1:${await freePort()}/hook`);
    const own = await create(`${product.origin}/runs`, 'To ourselves.');
    for (const each of [run, own]) {
      const event = await firstEvent(each, ({ callback }) => callback?.events[0]?.attempts === 1);
      expect(event?.delivered_at).toBeNull();
      expect((await told(each)).status).toBe('completed');
    }
  });
});

describe('an address that is a secret', () => {
  it('is on no disk, neither before nor after the last message', async () => {
    hook.answers([500]);
    const callback = `${hook.origin}/hook?t=canary-of-the-caller`;
    const { text } = await ask(`${product.origin}/`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'Hi.', callback }),
    });
    const run = JSON.parse(text) as Created;
    for (const attempts of [1, 2]) {
      expect((await nextTry()).path).toBe('/hook?t=canary-of-the-caller');
      await firstEvent(run, (shown) => shown.callback?.events[0]?.attempts === attempts);
      const kept = keptFiles(stateDir).filter((text) => text.includes('canary-of-the-caller'));
      expect(kept).toEqual([]);
    }
    const { text: shown } = await ask(`${product.origin}/${run.id}.json`, {
      headers: { authorization: `Bearer ${run.owner_token}` },
    });
    expect(shown).not.toContain('canary');
  });

  it('is told nothing when it would carry a secret that is for other hosts', async () => {
    const run = await create(`${hook.origin}/hook?t=\${env:BOUND}`);
    await firstEvent(run, (shown) => shown.callback?.events[0]?.attempts === 1);
    await firstEvent(run, (shown) => typeof shown.callback?.events[0]?.next_at === 'string');
    expect(JSON.stringify(hook.seen)).not.toContain('bound-canary');
  });

  it('is filled in where it is sent, and stands nowhere', async () => {
    const run = await create('${env:HOOK}');
    const seen = await nextTry();
    expect(seen.path).toBe('/from-secret?token=canary-of-the-operator');
    expect(verified(seen, run.callback_secret).type).toBe('run.completed');
    for (const suffix of ['.json', '.md', '.html', '/events']) {
      const headers = { authorization: `Bearer ${run.owner_token}` };
      const { text } = await ask(`${product.origin}/${run.id}${suffix}`, { headers });
      expect(text).not.toContain('canary-of-the-operator');
    }
    const kept = keptFiles(stateDir).filter((text) => text.includes('canary-of-the-operator'));
    expect(kept).toEqual([]);
    expect(product.printed()).not.toContain('canary');
  });
});

describe('a document of somebody else', () => {
  const document = (text: string) => `---\ncallback: ${hook.origin}/hook\n---\n\n${text}`;

  it('tells nobody until its reader has confirmed it', async () => {
    const browser = new Browser(product.origin);
    const fields = { prompt: document('One.'), suggested: '1' };
    const page = await browser.submit('/', fields);
    expect(page.text).toContain(`${hook.origin}/hook`);
    const token = /name="confirm" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    const without = await browser.submit('/', { ...fields, confirm: token, decision: 'without' });
    expect(without.status).toBe(303);
    const { text } = await ask(`${product.origin}/`, {
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: product.origin,
        accept: 'application/json',
      },
      body: new URLSearchParams(fields).toString(),
    });
    const program = JSON.parse(text) as Created;
    expect(program.callback_secret).toBeUndefined();
    await expect.poll(async () => (await told(program)).status).toBe('completed');
    expect((await told(program)).callback).toBeNull();
    expect(hook.seen.length).toBe(taken);
    const sent = await browser.submit('/', { ...fields, confirm: token, decision: 'with' });
    const { body } = await nextTry();
    expect(body).toContain(`"run_id":"${String(sent.headers.location).slice(1)}"`);
  });
});

describe('a run that waits for a login', () => {
  it('tells where to log in, and goes on while the receiver still thinks', async () => {
    await using world = await LoginWorld.start(({ auth, tools }) => ({
      EGRESS_ALLOW: [auth.host, tools.host, hook.host].join(','),
    }));
    hook.answers(null);
    const body = `---\ntools: ${world.tools.url}\ncallback: ${hook.origin}/hook\n---\n\nWhat is 17 * 23?`;
    const { text } = await ask(`${world.product.origin}/`, { body });
    const run = JSON.parse(text) as Shown & Created;
    const held = await nextTry();
    const message = verified(held, run.callback_secret);
    const waiting = await world.until(run, 'requires_action');
    expect(message).toMatchObject({
      type: 'run.action_required',
      data: {
        run_id: run.id,
        status: 'requires_action',
        kind: 'authorization',
        server_host: world.tools.host,
        url: run.url,
        connect_url: waiting.required_action?.connect_url,
      },
    });
    await world.logIn(world.browser(), linkOf(waiting));
    await world.until(run, 'completed');
    expect(held.isHeld()).toBe(true);
    const end = await nextTry();
    expect(verified(end, run.callback_secret).type).toBe('run.completed');
    expect(end.body).not.toMatch(/391|17 \* 23|connect/);
  });
});

/** Runs that wait for a person, runs as tasks, and the product as the client of another one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { ALICE, Browser, LoginWorld, promptFor } from '../support/login-product.ts';
import { Mdops } from '../support/mdops.ts';
import { mcpClient, modernRequest, TASKS, told } from '../support/mcp-clients.ts';
import { modelPeer, type ModelPeer } from '../support/model-peer.ts';
import { startProduct, type Product } from '../support/product.ts';

describe('a run that needs a login', () => {
  let world: LoginWorld;
  let url: string;
  beforeAll(async () => {
    world = await LoginWorld.start();
    url = `${world.product.origin}/mcp`;
  });
  afterEach(() => world.forget());
  afterAll(() => world[Symbol.asyncDispose]());

  const call = () => ({
    name: 'run_prompt',
    arguments: { prompt: promptFor(world.tools.url) },
  });

  test.each(['modern', 'legacy'] as const)(
    'asks a client of the %s era to open our page, and goes on after the login',
    async (era) => {
      const pages: string[] = [];
      const progress: number[] = [];
      const client = await mcpClient(url, {
        era,
        opens: async ({ url: page, message }) => {
          pages.push(page);
          expect(message).toContain('Log in to');
          await world.logIn(world.browser(), new URL(page).pathname);
          return 'accept';
        },
      });
      const result = await client.callTool(call(), {
        onprogress: ({ progress: now, message = '' }) => {
          // The SDK counts its own rounds as progress.
          if (!message.startsWith('Fulfilling input')) progress.push(now);
        },
      });
      expect(told(result)).toMatchObject({ isError: false, text: 'It is 391.' });
      expect(pages).toEqual([expect.stringContaining(`${world.product.origin}/connect/`)]);
      expect(progress.length).toBeGreaterThan(3);
      expect(progress).toEqual([...new Set(progress)].toSorted((a, b) => a - b));
      await client.close();
    },
  );

  test('waits for who opened the page and logs in later', async () => {
    const client = await mcpClient(url, {
      opens: async ({ url: page }) => {
        const path = new URL(page).pathname;
        setTimeout(() => void world.logIn(world.browser(), path), 1500);
        return 'accept';
      },
    });
    expect(told(await client.callTool(call())).text).toBe('It is 391.');
    await client.close();
  });

  test('ends when its person says no', async () => {
    const client = await mcpClient(url, { opens: async () => 'decline' });
    const result = told(await client.callTool(call()));
    expect(result).toMatchObject({ isError: true, run: { error: { code: 'login_denied' } } });
    await client.close();
  });

  test.each([
    ['puts it off', { opens: async () => 'cancel' as const }],
    ['cannot open pages', {}],
  ])('says where the login is when its client %s', async (_, more) => {
    const client = await mcpClient(url, more);
    const { isError, text, run } = told(await client.callTool(call()));
    expect([isError, run.status]).toEqual([false, 'requires_action']);
    expect(text).toContain(run.required_action?.connect_url);
    expect(text).toContain(`get_run and the id ${run.id}`);
    const path = new URL(run.required_action?.connect_url ?? '').pathname;
    await world.logIn(world.browser(), path);
    const read = { name: 'get_run', arguments: { id: run.id } };
    await expect
      .poll(async () => told(await client.callTool(read)).text, { timeout: 10_000 })
      .toBe('It is 391.');
    await client.close();
  });

  test('is worth nothing to another caller who brings back what it was told', async () => {
    const capabilities = { elicitation: { url: {} } };
    const asked = await modernRequest(url, 'tools/call', call(), { capabilities });
    expect(asked.result).toMatchObject({ resultType: 'input_required' });
    const requestState = asked.result?.['requestState'];
    const again = { ...call(), requestState, inputResponses: {} };
    const other = await modernRequest(url, 'tools/call', again, { capabilities, headers: ALICE });
    expect(other.error).toMatchObject({ code: -32_602 });
    const changed = { ...again, requestState: `${String(requestState)}x` };
    const wrong = await modernRequest(url, 'tools/call', changed, { capabilities });
    expect(wrong.error).toMatchObject({ code: -32_602 });
  });

  test('as a task asks no second time for a page that was opened, and goes on after the login', async () => {
    const capabilities = { ...TASKS, elicitation: { url: {} } };
    const made = await modernRequest(url, 'tools/call', call(), { capabilities });
    const taskId = String(made.result?.['taskId']);
    const get = async () =>
      (await modernRequest(url, 'tasks/get', { taskId }, { capabilities })).result;
    await expect.poll(get).toMatchObject({ status: 'input_required' });
    const asked = (await get())?.['inputRequests'] as Record<string, { params: { url: string } }>;
    const [[key, request] = ['', undefined]] = Object.entries(asked);
    const inputResponses = { [key]: { action: 'accept' } };
    await modernRequest(url, 'tasks/update', { taskId, inputResponses }, { capabilities });
    expect(await get()).toMatchObject({ status: 'working' });
    await world.logIn(world.browser(), new URL(request?.params.url ?? '').pathname);
    await expect.poll(get).toMatchObject({
      status: 'completed',
      result: { content: [{ text: 'It is 391.' }, {}, {}] },
    });
  });

  test('as a task asks for input, and is refused by a decline', async () => {
    const capabilities = { ...TASKS, elicitation: { url: {} } };
    const made = await modernRequest(url, 'tools/call', call(), { capabilities });
    const taskId = String(made.result?.['taskId']);
    const get = async () =>
      (await modernRequest(url, 'tasks/get', { taskId }, { capabilities })).result;
    await expect.poll(get).toMatchObject({ status: 'input_required' });
    const [[key] = ['']] = Object.entries((await get())?.['inputRequests'] ?? {});
    const plain = await modernRequest(url, 'tasks/get', { taskId }, { capabilities: TASKS });
    expect(plain.result).toMatchObject({
      status: 'working',
      statusMessage: expect.stringContaining('/connect/') as string,
    });
    const inputResponses = { [key]: { action: 'decline' } };
    await modernRequest(url, 'tasks/update', { taskId, inputResponses }, { capabilities });
    await expect.poll(get).toMatchObject({
      status: 'completed',
      result: { isError: true, structuredContent: { error: { code: 'login_denied' } } },
    });
  });
});

describe('a run that needs an approval', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ PUBLIC_URL: 'https://prompts.example' });
  });
  afterAll(() => product.stop());

  const prompt = '---\ntools: /demo/mcp\nrequire_approval: always\n---\n\nWhat is 17 * 23?';
  const call = { name: 'run_prompt', arguments: { prompt } };

  /** Opens the page that somebody is led to, and presses one of its buttons. */
  async function decides(browser: Browser, page: string, decision: string): Promise<number> {
    const led = await browser.open(new URL(page).pathname);
    const { text } = await browser.open(String(led.headers.location));
    const action = /action="(\/\w+\/actions\/[\w-]+)"/.exec(text)?.[1] ?? '/none';
    return (await browser.submit(action, { decision })).status;
  }

  test.each([
    ['modern', 'approve', '391'],
    ['legacy', 'approve', '391'],
    ['modern', 'deny', 'The owner did not allow this call.'],
  ] as const)(
    'leads the person of a client of the %s era to the page of the run, to %s the call',
    async (era, decision, said) => {
      const pages: string[] = [];
      const client = await mcpClient(`${product.origin}/mcp`, {
        era,
        opens: async ({ url: page }) => {
          pages.push(page);
          expect(await decides(new Browser(product.origin), page, decision)).toBe(303);
          return 'accept';
        },
      });
      const { text, run } = told(await client.callTool(call));
      expect(pages).toEqual([`${run.urls.html}/own`]);
      expect([run.status, text]).toEqual(['completed', expect.stringContaining(said)]);
      await client.close();
    },
  );

  test('tells a terminal that reads the answer where its person allows it', async () => {
    const headers = { accept: 'text/plain' };
    const reading = ask(`${product.origin}/`, { body: prompt, headers });
    const waits = async () => {
      const { text } = await ask(`${product.origin}/runs?status=requires_action&limit=1`);
      return (JSON.parse(text) as { data: { url: string }[] }).data[0]?.url;
    };
    await expect.poll(waits, { timeout: 15_000 }).toBeDefined();
    const page = `${await waits()}/own`;
    expect(await decides(new Browser(product.origin), page, 'approve')).toBe(303);
    const { text } = await reading;
    expect(text).toContain(`Allow it or not at ${page} and the run goes on by itself.`);
    expect(text).toContain('391');
  });

  test('tells a terminal that nobody watches where its person allows it', async () => {
    const args = ['run', '-', '--remote', product.origin, '--wait'];
    const { code, stderr } = await new Mdops(args, { stdin: prompt }).finished();
    expect(code).toBe(4);
    const page = /http:\S+\/own/.exec(stderr)?.[0] ?? '';
    expect(await decides(new Browser(product.origin), page, 'approve')).toBe(303);
  });

  test('says where to answer, and is not answered by others who go there', async () => {
    const client = await mcpClient(`${product.origin}/mcp`);
    const { text, run } = told(await client.callTool(call));
    expect(run.status).toBe('requires_action');
    const page = `${run.urls.html}/own`;
    expect(text).toContain(page);
    for (const headers of [
      // A page of another site that the person looks at, and somebody behind a tunnel.
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      { host: 'prompts.example' },
    ]) {
      const led = await ask(page, { headers });
      expect([led.status, led.headers['set-cookie']]).toEqual([303, undefined]);
    }
    // Knowing the address of the run is no ownership, and offers no button.
    const shown = await new Browser(product.origin).open(new URL(run.urls.html).pathname);
    expect(shown.text).not.toContain(`/${run.id}/actions/`);
    expect(await decides(new Browser(product.origin), page, 'approve')).toBe(303);
    const read = { name: 'get_run', arguments: { id: run.id } };
    await expect.poll(async () => told(await client.callTool(read)).text).toContain('391');
    await client.close();
  });
});

describe('a run as a task', () => {
  let model: ModelPeer;
  let product: Product;
  let other: Product;
  let url: string;
  beforeAll(async () => {
    model = await modelPeer();
    product = await startProduct({ OPENAI_BASE_URL: model.baseUrl, DEFAULT_MODEL: 'slow' });
    url = `${product.origin}/mcp`;
    // With nothing set the demo model answers, and calls the tools of the first product.
    other = await startProduct({ EGRESS_ALLOW: product.host });
  });
  afterAll(async () => {
    await Promise.all([product.stop(), other.stop()]);
    await model.stop();
  });

  const chat = (prompt: string, view = 'text') => ({
    name: 'chat_completion',
    arguments: { prompt, view },
  });
  const wish = { capabilities: TASKS };

  test('is handed over when it takes longer, and gives its result inline', async () => {
    const calling = modernRequest(url, 'tools/call', chat('Slowly'), wish);
    const asked = await model.next();
    const { result } = await calling;
    expect(result).toMatchObject({
      resultType: 'task',
      status: 'working',
      taskId: expect.stringMatching(/^\w{32}$/) as string,
      ttlMs: null,
      pollIntervalMs: 500,
    });
    expect(result).not.toHaveProperty('content');
    const params = { taskId: result?.['taskId'] };
    asked.says('Half of it');
    await expect
      .poll(async () => (await modernRequest(url, 'tasks/get', params, wish)).result)
      .toMatchObject({ status: 'working', statusMessage: '3 tokens so far.' });
    asked.stops();
    await expect
      .poll(async () => (await modernRequest(url, 'tasks/get', params, wish)).result)
      .toMatchObject({
        status: 'completed',
        result: { content: [{ type: 'text', text: 'Half of it' }, {}, {}] },
      });
  });

  test('survives a server that was killed, as its run does', async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-tasks-'));
    const settings = { OPENAI_BASE_URL: model.baseUrl, DEFAULT_MODEL: 'slow', STATE_DIR: stateDir };
    const first = await startProduct(settings);
    const calling = modernRequest(`${first.origin}/mcp`, 'tools/call', chat('Slowly'), wish);
    await model.next();
    const params = { taskId: (await calling).result?.['taskId'] };
    process.kill(first.workerdPid(), 'SIGKILL');
    await first.ended;
    const again = await startProduct({ ...settings, PORT: new URL(first.origin).port });
    const asked = await model.next();
    asked.says('After all.');
    asked.stops();
    await expect
      .poll(
        async () => (await modernRequest(`${again.origin}/mcp`, 'tasks/get', params, wish)).result,
        { timeout: 10_000 },
      )
      .toMatchObject({
        status: 'completed',
        result: { content: [{ text: 'After all.' }, {}, {}] },
      });
    await again.stop();
    rmSync(stateDir, { recursive: true });
  }, 60_000);

  test('is an answer when it takes no time', async () => {
    const quickly = async () => {
      const calling = modernRequest(url, 'tools/call', chat('Quickly'), wish);
      const asked = await model.next();
      asked.says('Here.');
      asked.stops();
      return (await calling).result;
    };
    // On a busy machine it may take a second, and then is none.
    await expect.poll(quickly).toMatchObject({ resultType: 'complete' });
  });

  test('keeps in its name how it is to be told', async () => {
    const calling = modernRequest(url, 'tools/call', chat('Whole', 'full'), wish);
    const asked = await model.next();
    const params = { taskId: (await calling).result?.['taskId'] };
    asked.says('All.');
    asked.stops();
    await expect
      .poll(async () =>
        JSON.stringify((await modernRequest(url, 'tasks/get', params, wish)).result),
      )
      .toContain('## Answer');
  });

  test('is cancelled with its model', async () => {
    const calling = modernRequest(url, 'tools/call', chat('For ever'), wish);
    const asked = await model.next();
    const params = { taskId: (await calling).result?.['taskId'] };
    expect((await modernRequest(url, 'tasks/cancel', params, wish)).result).toMatchObject({
      resultType: 'complete',
    });
    await asked.closed;
    const { result } = await modernRequest(url, 'tasks/get', params, wish);
    expect(result).toMatchObject({ status: 'cancelled' });
    expect(result).not.toHaveProperty('result');
  });

  test('wants a client that takes tasks', async () => {
    const { status, error } = await modernRequest(url, 'tasks/get', { taskId: 'x' });
    expect([status, error?.code]).toEqual([400, -32_021]);
  });

  test('a prompt whose tool server is another instance of ours calls its tools', async () => {
    const prompt = `---\ntools:\n  - type: mcp\n    server_label: other\n    server_url: ${product.origin}/mcp\n    allowed_tools: [chat_completion]\n---\n\nCall chat_completion with prompt "Say hello".`;
    const posted = ask(`${other.origin}/?wait=25`, { body: prompt });
    const asked = await model.next();
    asked.says('Hello from inside.');
    // Longer than a call that is answered at once: it goes on as a task.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    asked.stops();
    const run = JSON.parse((await posted).text) as {
      status: string;
      steps: { type: string; content?: unknown }[];
    };
    expect(run.status).toBe('completed');
    const tool = run.steps.find(({ type }) => type === 'tool');
    expect(JSON.stringify(tool?.content)).toContain('Hello from inside.');
  });

  test.each([
    ['at once', 0, /The run has started|tokens so far/],
    ['when it has become a task', 2100, /tokens so far/],
  ])(
    'the same shows how far it is, and is cancelled with the model there, %s',
    async (_, after, said) => {
      const prompt = `---\ntools:\n  - server_url: ${product.origin}/mcp\n    allowed_tools: [chat_completion]\n---\n\nCall chat_completion with prompt "Say hello".`;
      const created = JSON.parse((await ask(`${other.origin}/`, { body: prompt })).text) as {
        id: string;
        owner_token: string;
      };
      const asked = await model.next();
      asked.says('Hello, and so on');
      const headers = { authorization: `Bearer ${created.owner_token}` };
      const events = await fetch(`${other.origin}/${created.id}/events`, { headers });
      const shown = events.body?.pipeThrough(new TextDecoderStream()).getReader();
      await new Promise((resolve) => setTimeout(resolve, after));
      for (let told = ''; !said.test(progressIn(told));) {
        const { value, done } = (await shown?.read()) ?? { done: true };
        if (done) throw new Error(`It ended without ${said}: ${told}`);
        told += value;
      }
      const cancel = `${other.origin}/${created.id}/cancel`;
      expect((await ask(cancel, { method: 'POST', headers })).status).toBe(200);
      await asked.closed;
      await shown?.cancel();
      await expect
        .poll(
          async () =>
            (
              JSON.parse((await ask(`${product.origin}/runs`)).text) as {
                data: { status: string }[];
              }
            ).data[0]?.status,
        )
        .toBe('cancelled');
    },
  );
});

/** The lines of events that say how far a call is. */
function progressIn(events: string): string {
  const lines = events.split('\n').slice(0, -1);
  return lines.filter((line) => line.includes('tool-progress')).join('\n');
}

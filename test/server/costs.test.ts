/** Costs, their limit and lists of models, as the running product meets them, also across `kill -9`. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/run/event.ts';
import { fsck } from '../../src/run/fsck.ts';
import { ask } from '../support/ask.ts';
import { mdops } from '../support/mdops.ts';
import { httpPeer } from '../support/peers.ts';
import type { Peer } from '../support/peers.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

interface RunJson {
  readonly id: string;
  readonly status: string;
  readonly stop_reason: string;
  readonly output: string;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly usage: { readonly total_tokens: number; readonly cost_usd: number | null };
  readonly steps: readonly {
    readonly type: string;
    readonly model: string;
    readonly attempt: number;
    readonly usage: { readonly cost_usd: number | null } | null;
    readonly failed_attempts: readonly { readonly model: string; readonly error: unknown }[];
  }[];
}

const chunk = (delta: object, finish_reason: string | null = null, more: object = {}) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }], ...more })}\n\n`;
const stream = (response: ServerResponse) =>
  response.writeHead(200, { 'content-type': 'text/event-stream' });
/** A cent, as the provider says itself. */
const CENT = {
  usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110, cost: 0.01 },
};

const says = (response: ServerResponse, text: string) =>
  stream(response).end(`${chunk({ content: text })}${chunk({}, 'stop', CENT)}data: [DONE]\n\n`);
const refuses = (response: ServerResponse, status: number, message: string) =>
  response
    .writeHead(status, { 'content-type': 'application/json', 'retry-after': '0' })
    .end(JSON.stringify({ error: { message } }));
/** Calls the first tool that it was given, for ever. */
const callsTool = (response: ServerResponse, body: string) => {
  const name = /"name":"([\w-]+roll_dice)"/.exec(body)?.[1];
  const call = { index: 0, id: 'c', type: 'function', function: { name, arguments: '{}' } };
  stream(response).end(
    `${chunk({ tool_calls: [call] })}${chunk({}, 'tool_calls', CENT)}data: [DONE]\n\n`,
  );
};

const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-'));
let model: Peer;
let product: Product;
/** Models in the order in which they were asked. */
let asked: string[];
/** What a test does with the models whose names begin with `held`. */
let held: (response: ServerResponse, body: string) => void;

const start = () =>
  startProduct({
    STATE_DIR: stateDir,
    OPENAI_BASE_URL: `${model.origin}/v1`,
    DEFAULT_MODEL: 'openai/there',
  });

beforeAll(async () => {
  model = await httpPeer((_, response, body) => {
    const { model: name } = JSON.parse(body) as { model: string };
    asked.push(name);
    switch (name) {
      case 'missing':
        return refuses(response, 404, 'The model missing does not exist.');
      case 'locked':
        return refuses(response, 401, 'No key.');
      case 'busy':
        return refuses(response, 429, 'Slow down.');
      case 'down':
        return refuses(response, 503, 'Down.');
      case 'strict':
        return refuses(response, 400, 'No such parameter.');
      case 'half':
        stream(response).write(chunk({ content: 'Half an ' }));
        return setTimeout(() => response.destroy(), 20);
      case 'looping':
        return callsTool(response, body);
      case 'held':
        return held(response, body);
      default:
        return says(response, `I am ${name}.`);
    }
  });
  product = await start();
});
beforeEach(() => {
  asked = [];
});
afterAll(async () => {
  await product.stop();
  await model.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

async function run(frontmatter: string, body = 'Say hello.'): Promise<RunJson> {
  const prompt = `---\n${frontmatter}\n---\n${body}`;
  const { text } = await ask(`${product.origin}/?wait=60`, { body: prompt });
  return JSON.parse(text) as RunJson;
}

async function runOf(id: string): Promise<RunJson> {
  return JSON.parse((await ask(`${product.origin}/${id}.json`)).text) as RunJson;
}

async function kill(): Promise<void> {
  process.kill(product.workerdPid(), 'SIGKILL');
  await product.ended;
  product = await start();
}

describe('a list of models', () => {
  it('is asked down to the first that answers, and everybody sees which ones did not', async () => {
    const found = await run('model: [openai/missing, openai/locked, busy, down, there, other]');
    expect(found).toMatchObject({ status: 'completed', output: 'I am there.' });
    const [step] = found.steps;
    expect(step).toMatchObject({ model: 'there', attempt: 5 });
    expect(step?.failed_attempts).toMatchObject([
      { attempt: 1, provider: 'openai', model: 'missing', error: { code: 'model_not_found' } },
      { attempt: 2, model: 'locked', error: { code: 'model_unauthorized' } },
      { attempt: 3, model: 'busy', error: { code: 'model_rate_limited' } },
      { attempt: 4, model: 'down', error: { code: 'model_unavailable' } },
    ]);
    expect(new Set(asked)).toEqual(new Set(['missing', 'locked', 'busy', 'down', 'there']));
    for (const suffix of ['md', 'html']) {
      const { text } = await ask(`${product.origin}/${found.id}.${suffix}`);
      expect(text).toContain('openai/busy gave no answer');
    }
  });

  it('is not gone on with after a part of an answer, nor where the request is at fault', async () => {
    const half = await run('model: [half, there]');
    expect(half).toMatchObject({ status: 'failed', stop_reason: 'model_cut_off' });
    const strict = await run('model: [strict, there]');
    expect(strict).toMatchObject({ status: 'failed', stop_reason: 'model_rejected' });
    expect(asked).not.toContain('there');
  });

  it('stays with the model that it had come to, after kill -9', async () => {
    const begun = Promise.withResolvers<void>();
    held = (response) => {
      stream(response).write(chunk({ content: 'Half' }));
      begun.resolve();
    };
    const prompt = '---\nmodel: [missing, held, there]\n---\nSay hello.';
    const { text } = await ask(`${product.origin}/`, { body: prompt });
    const { id, owner_token } = JSON.parse(text) as { id: string; owner_token: string };
    await begun.promise;
    await expect
      .poll(async () => (await ask(`${product.origin}/${id}.txt`)).text)
      .toContain('Half');
    held = (response) => says(response, 'Whole.');
    await kill();
    const headers = { authorization: `Bearer ${owner_token}` };
    const events = (await ask(`${product.origin}/${id}/events`, { headers })).text;
    const log = (events.match(/^data: .*$/gm) ?? []).map(
      (line) => JSON.parse(line.slice(6)) as RunEvent,
    );
    expect(fsck(log)).toEqual([]);
    const found = await runOf(id);
    expect(found).toMatchObject({ status: 'completed', output: 'Whole.' });
    expect(asked).toEqual(['missing', 'held', 'held']);
    expect(found.steps[0]).toMatchObject({
      model: 'held',
      attempt: 3,
      failed_attempts: [
        { attempt: 1, model: 'missing', error: { code: 'model_not_found' } },
        { attempt: 2, model: 'held', error: null },
      ],
    });
    // What was said before is paid for, and what it cost nobody says.
    expect(found.usage).toMatchObject({ estimated: true, cost_usd: null });
    expect(found.usage.total_tokens).toBeGreaterThan(110);
  });
});

describe('max_cost', () => {
  const LOOP = 'tools: /demo/mcp';

  it('ends a run by what its provider says that it cost, and says so everywhere', async () => {
    const found = await run(`${LOOP}\nmodel: looping\nmax_cost: 0.025`);
    expect(found).toMatchObject({
      status: 'failed',
      stop_reason: 'max_cost',
      error: { code: 'max_cost', detail: { max_cost: 0.025, cost_usd: 0.03 } },
      usage: { cost_usd: 0.03, estimated: false },
    });
    expect(asked).toEqual(['looping', 'looping', 'looping']);
    const { text: page } = await ask(`${product.origin}/${found.id}.html`);
    expect(page).toContain('<dt>Cost</dt><dd>$0.03</dd>');
    const { text: markdown } = await ask(`${product.origin}/${found.id}.md`);
    expect(markdown).toContain('$0.03');
    // The prompt was told that nothing but the provider knows this price.
    expect(found).toMatchObject({ problems: [{ code: 'unpriced_model', severity: 'warning' }] });
  });

  it('counts what was spent before kill -9', async () => {
    let count = 0;
    const third = Promise.withResolvers<void>();
    held = (response, body) => {
      count += 1;
      if (count === 3) return third.resolve();
      return callsTool(response, body);
    };
    const prompt = `---\n${LOOP}\nmodel: held\nmax_cost: 0.025\n---\nRoll.`;
    const { text } = await ask(`${product.origin}/`, { body: prompt });
    const { id } = JSON.parse(text) as { id: string };
    await third.promise;
    await kill();
    await ask(`${product.origin}/${id}/events`);
    expect(await runOf(id)).toMatchObject({
      status: 'failed',
      stop_reason: 'max_cost',
      usage: { cost_usd: 0.03 },
    });
    expect(asked).toHaveLength(4);
  });

  it('holds at the door for chat completions', async () => {
    const body = JSON.stringify({
      model: 'openai/looping',
      messages: [{ role: 'user', content: 'Roll.' }],
      tools: [{ type: 'mcp', server_url: '/demo/mcp', server_label: 'demo' }],
      max_cost: 0.015,
    });
    const headers = { 'content-type': 'application/json' };
    const answer = await ask(`${product.origin}/v1/chat/completions`, { headers, body });
    expect(answer.status).toBe(422);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'max_cost' } });
    expect(asked).toHaveLength(2);
  });

  it('costs nothing with the demo, which has a price: none', async () => {
    const found = await run('model: demo\nmax_cost: 0');
    expect(found).toMatchObject({ status: 'completed', usage: { cost_usd: 0 }, problems: [] });
  });

  it('of mdops is the exit code 3, and its last line says what a run cost', async () => {
    const env = { OPENAI_BASE_URL: `${model.origin}/v1` };
    const limited = '---\nmodel: looping\ntools: /demo/mcp\nmax_cost: 0.005\n---\nRoll.';
    const { code, stderr } = await mdops(['run', '-'], { stdin: limited, env });
    expect([code, stderr]).toEqual([3, expect.stringContaining('max_cost')]);
    const json = await mdops(['run', '-', '--json'], { stdin: 'Hi.', env });
    expect(JSON.parse(json.stdout)).toMatchObject({ usage: { cost_usd: 0.01 } });
  });
});

describe('the price of a model', () => {
  it('stands in the request of a run where the provider is paid', async () => {
    const paid = await startProduct({ OPENAI_API_KEY: 'sk-test', OPENROUTER_API_KEY: 'sk-or' });
    try {
      const explain = async (frontmatter: string) => {
        const body = `---\n${frontmatter}\nmax_cost: 1\n---\nHi.`;
        return JSON.parse((await ask(`${paid.origin}/?dry_run=1`, { body })).text) as unknown;
      };
      expect(await explain('model: openai/gpt-4.1-mini')).toMatchObject({
        request: { models: [{ price: { input: 0.4, cached_input: 0.1, output: 1.6 } }] },
        problems: [],
      });
      expect(await explain('model: openai/gpt-unheard-of')).toMatchObject({
        problems: [{ code: 'unpriced_model', line: 3 }],
      });
      expect(await explain('model: openrouter/openrouter/auto')).toMatchObject({ problems: [] });
    } finally {
      await paid.stop();
    }
  });
});

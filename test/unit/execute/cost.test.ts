import { describe, expect, it } from 'vitest';
import { executeRun } from '../../../src/execute/execute-run.ts';
import { Fault } from '../../../src/fault/fault.ts';
import { foldRun } from '../../../src/run/fold-run.ts';
import { viewFor } from '../../../src/run/view.ts';
import {
  calls,
  diesAfter,
  LIMITS,
  memoryServers,
  ports,
  runToEnd,
  says,
  scriptedModel,
  search,
  searchServers,
  startedLog,
  text,
  using,
  type Turn,
} from '../../support/engine.ts';

/** One dollar for a million tokens in, ten for a million out. */
const PRICE = { input: 1, cached_input: 0.1, output: 10 };
const models = [{ provider: 'test', model: 'scripted', price: PRICE }];
const free = [{ provider: 'test', model: 'free', price: { input: 0, cached_input: 0, output: 0 } }];

/** Ports of a run whose model costs something and which may call a tool. */
function priced(turns: readonly Turn[], max_cost: number | null, change: object = {}) {
  const made: string[] = [];
  const run = () => {
    made.push('find');
    return text('3 hits');
  };
  const model = scriptedModel(turns);
  const log = startedLog({ models, servers: [search], limits: { ...LIMITS, max_cost }, ...change });
  const servers = searchServers(run);
  return { model, made, log, all: ports(model, { log, servers }) };
}

const searching = calls(['search__find', {}]);
const tokens = (prompt_tokens: number, completion_tokens: number) => ({
  prompt_tokens,
  completion_tokens,
  total_tokens: prompt_tokens + completion_tokens,
});

describe('what a run costs', () => {
  it('is the tokens of all steps at the price of their model', async () => {
    const { all } = priced(
      [using(searching, tokens(1000, 100)), using(says('Done.'), tokens(2000, 200))],
      null,
    );
    const run = await runToEnd(all);
    expect(run.steps.map(({ cost_usd }) => cost_usd)).toEqual([0.002, 0.004]);
    expect(viewFor('public', run)).toMatchObject({ cost_usd: 0.006 });
  });

  it('is what the provider says that it was, where it says so', async () => {
    const stated = { ...tokens(1000, 100), cost: 0.5 };
    const { all } = priced([using(says('Done.'), stated)], null);
    expect(viewFor('owner', await runToEnd(all)).cost_usd).toBe(0.5);
    const unpriced = ports(scriptedModel([using(says('Done.'), stated)]));
    expect(viewFor('owner', await runToEnd(unpriced)).cost_usd).toBe(0.5);
  });

  it('is an estimate where the provider says nothing, and is called one', async () => {
    const { all } = priced([using(says('x'.repeat(400)), null)], null, { servers: [] });
    const run = await runToEnd(all);
    // "Hello." is two tokens by four characters each.
    const estimate = { ...tokens(2, 100), estimated: true };
    expect(run.steps[0]?.usage).toEqual(estimate);
    expect(run.usage).toEqual(estimate);
    expect(viewFor('owner', run).cost_usd).toBe(0.001002);
  });

  it('is not known once a step was made whose price nobody knows', async () => {
    const run = await runToEnd(ports(scriptedModel([says('Done.')])));
    expect(viewFor('owner', run).cost_usd).toBeNull();
  });

  it('holds what a model said before it broke off, which is void and paid for', async () => {
    const retryable = { detail: { retryable: true } };
    const cut = diesAfter('x'.repeat(400), new Fault('model_cut_off', undefined, retryable));
    const { all } = priced([cut, using(says('Done.'), tokens(1000, 100))], null, { servers: [] });
    const run = await runToEnd(all);
    expect(viewFor('owner', run).cost_usd).toBe(0.003002);
    expect(run.usage).toEqual({ ...tokens(1002, 200), estimated: true });
    expect(run.steps[0]?.failed).toMatchObject([
      { attempt: 1, provider: 'test', error: { code: 'model_cut_off' } },
    ]);
  });

  it('holds what a model had said when somebody cancelled', async () => {
    const stop = new AbortController();
    const { all, log } = priced([hanging('x'.repeat(400), () => stop.abort())], null, {
      servers: [],
    });
    await executeRun(all, stop.signal);
    log.append([{ type: 'run-end', status: 'cancelled', stop_reason: 'cancelled' }]);
    expect(viewFor('owner', foldRun(log.read())).cost_usd).toBe(0.001002);
  });
});

/** Says something and never ends. */
function hanging(said: string, then: () => void): Turn {
  return async function* (_call, signal) {
    yield { choices: [{ delta: { content: said } }] };
    then();
    await new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('gone')));
    });
  };
}

describe('max_cost', () => {
  it('ends a run after the step that went over it, and makes none of its calls', async () => {
    const { model, made, all } = priced([using(searching, tokens(1000, 100))], 0.003);
    const run = await runToEnd(all);
    expect(run).toMatchObject({
      status: 'failed',
      stop_reason: 'max_cost',
      error: { detail: { max_cost: 0.003, cost_usd: 0.004 } },
    });
    expect(run.error?.message).toBe('The run cost about $0.004, more than the $0.003 it may cost.');
    expect(model.asked).toHaveLength(2);
    expect(made).toHaveLength(1);
  });

  it('does not begin a step whose input alone would go over it', async () => {
    const messages = [{ role: 'user', content: 'x'.repeat(40_000) }] as const;
    const { model, all } = priced([says('Never.')], 0.009, { messages });
    const run = await runToEnd(all);
    expect(run).toMatchObject({ status: 'failed', stop_reason: 'max_cost', steps: [] });
    expect(run.error?.message).toMatch(/next step sends costs about \$0\.01/);
    expect(model.asked).toEqual([]);
  });

  it('counts tools and results into the input of the next step', async () => {
    const long = memoryServers({
      [search.url]: [{ name: 'find', run: () => text('x'.repeat(40_000)) }],
    });
    const { model, all } = priced([using(searching, tokens(10, 1))], 0.005);
    const run = await runToEnd({ ...all, servers: long });
    expect(run).toMatchObject({ status: 'failed', stop_reason: 'max_cost' });
    expect(model.asked).toHaveLength(1);
  });

  it('stops a model that writes without end, by our own count', async () => {
    let chunks = 0;
    let isGone = false;
    const endless: Turn = async function* (_call, signal) {
      signal.addEventListener('abort', () => (isGone = true));
      for (;;) {
        chunks += 1;
        yield { choices: [{ delta: { content: 'x'.repeat(400) } }] };
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    };
    const { all } = priced([endless], 0.0055, { servers: [] });
    const run = await runToEnd(all);
    expect(run).toMatchObject({ status: 'failed', stop_reason: 'max_cost' });
    // A chunk costs a tenth of a cent: the sixth goes over, and a few may be on their way.
    expect(chunks).toBeGreaterThanOrEqual(6);
    expect(chunks).toBeLessThan(12);
    expect(isGone).toBe(true);
    expect(viewFor('owner', run).cost_usd).toBeLessThan(0.013);
  });

  it('takes no answer away that has come whole', async () => {
    const { all } = priced([using(says('Done.'), tokens(1000, 100))], 0.001);
    expect(await runToEnd(all)).toMatchObject({ status: 'completed', stop_reason: 'stop' });
  });

  it('of nothing lets a model run that costs nothing, and no other', async () => {
    const { all } = priced([says('Done.')], 0, { models: free });
    expect(await runToEnd(all)).toMatchObject({ status: 'completed' });
    const { all: paid, model } = priced([says('Never.')], 0);
    expect(await runToEnd(paid)).toMatchObject({ stop_reason: 'max_cost' });
    expect(model.asked).toEqual([]);
  });

  it('counts what the provider states where nobody else knows the price', async () => {
    const unpriced = [{ provider: 'test', model: 'scripted' }];
    const stated = { ...tokens(10, 1), cost: 0.02 };
    const { all, model } = priced([using(searching, stated)], 0.03, { models: unpriced });
    expect(await runToEnd(all)).toMatchObject({ stop_reason: 'max_cost' });
    expect(model.asked).toHaveLength(2);
  });

  it('counts what attempts said that are void', async () => {
    const retryable = { detail: { retryable: true } };
    const cut = diesAfter('x'.repeat(4000), new Fault('model_cut_off', undefined, retryable));
    const { all, model } = priced([cut], 0.015, { servers: [] });
    expect(await runToEnd(all)).toMatchObject({ stop_reason: 'max_cost' });
    expect(model.asked).toHaveLength(2);
  });

  it('does not let a dearer model of the list be asked in place of a cheap one', async () => {
    const dear = { input: 100_000, cached_input: 100_000, output: 100_000 };
    const list = [
      { provider: 'test', model: 'cheap', price: PRICE },
      { provider: 'test', model: 'dear', price: dear },
    ];
    const { all, model } = priced([diesAfter('', new Fault('model_not_found'))], 0.01, {
      models: list,
    });
    expect(await runToEnd(all)).toMatchObject({ status: 'failed', stop_reason: 'max_cost' });
    expect(model.asked.map(({ model: name }) => name)).toEqual(['cheap']);
  });

  it('goes on counting where a process that died left off', async () => {
    const stop = new AbortController();
    const first = priced(
      [using(searching, tokens(1000, 100)), hanging('', () => stop.abort())],
      0.003,
    );
    await executeRun(first.all, stop.signal);
    const again = scriptedModel([using(searching, tokens(1000, 100))]);
    const run = await runToEnd({ ...first.all, model: again });
    expect(run).toMatchObject({ stop_reason: 'max_cost', cost: { usd: 0.004 } });
    expect(again.asked).toHaveLength(1);
  });
});

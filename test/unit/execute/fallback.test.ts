import { describe, expect, it } from 'vitest';
import { executeRun } from '../../../src/execute/execute-run.ts';
import { Fault, type FaultCode } from '../../../src/fault/fault.ts';
import { renderJson } from '../../../src/publish/render-json.ts';
import { renderMarkdown } from '../../../src/publish/render-markdown.ts';
import { renderPage } from '../../../src/publish/render-page.ts';
import { runUrls } from '../../../src/publish/run-urls.ts';
import { Attempts } from '../../../src/run/attempts.ts';
import { visibleEvent } from '../../../src/run/public-event.ts';
import { foldRun } from '../../../src/run/fold-run.ts';
import { viewFor } from '../../../src/run/view.ts';
import {
  calls,
  diesAfter,
  LIMITS,
  ports,
  runToEnd,
  says,
  scriptedModel,
  search,
  searchServers,
  startedLog,
  using,
  type Turn,
} from '../../support/engine.ts';

const URLS = runUrls('https://prompts.example', 'test');
const models = [
  { provider: 'a', model: 'first', price: { input: 1, cached_input: 1, output: 1 } },
  { provider: 'b', model: 'second', price: { input: 2, cached_input: 2, output: 2 } },
  { provider: 'c', model: 'third', price: { input: 3, cached_input: 3, output: 3 } },
];
const retryable = { detail: { retryable: true, retry_after: 0.001 } };
const said = { prompt_tokens: 1000, completion_tokens: 0, total_tokens: 1000 };

/** A run with a list of models, each of which does what stands under its name. */
function listed(turns: Readonly<Record<string, Turn>>, change: object = {}) {
  const model = scriptedModel([
    (call, signal) => (turns[call.model] ?? says('Never.'))(call, signal),
  ]);
  const log = startedLog({ models, servers: [search], ...change });
  const asked = () => model.asked.map((call) => call.model);
  return { all: ports(model, { log, servers: searchServers() }), log, asked };
}

const fails = (code: FaultCode, options = {}) => diesAfter('', new Fault(code, undefined, options));

describe('the next model of the list', () => {
  it.each([
    ['does not exist', 'model_not_found', {}, 1],
    ['refuses its key', 'model_unauthorized', {}, 1],
    ['has an empty account', 'model_rejected', { detail: { status: 402 } }, 1],
    ['limits the rate', 'model_rate_limited', retryable, 4],
    ['is down', 'model_unavailable', retryable, 4],
    ['says nothing', 'model_timeout', retryable, 4],
  ] as const)('is asked where the first one %s', async (_what, code, options, tries) => {
    const { all, asked } = listed({ first: fails(code, options), second: says('Done.') });
    const run = await runToEnd(all);
    expect(run).toMatchObject({ status: 'completed', steps: [{ attempt: 2, model: 'second' }] });
    expect(asked()).toEqual([...Array.from({ length: tries }, () => 'first'), 'second']);
    expect(run.steps[0]?.failed).toMatchObject([
      { attempt: 1, provider: 'a', model: 'first', error: { code } },
    ]);
  });

  it.each([
    ['rejects the request', 'model_rejected', { detail: { status: 400 } }],
    ['sends nonsense', 'model_garbage', {}],
    ['may not be reached', 'address_refused', {}],
  ] as const)('is not asked where the first one %s', async (_what, code, options) => {
    const { all, asked } = listed({ first: fails(code, options) });
    expect(await runToEnd(all)).toMatchObject({ status: 'failed', stop_reason: code });
    expect(asked()).toEqual(['first']);
  });

  it('is not asked after a part of an answer: the same one is, and then the run fails', async () => {
    const cut = diesAfter('Half an ', new Fault('model_cut_off', undefined, retryable));
    const { all, asked } = listed({ first: cut });
    expect(await runToEnd(all)).toMatchObject({ status: 'failed', stop_reason: 'model_cut_off' });
    expect(new Set(asked())).toEqual(new Set(['first']));
    const final = diesAfter('Half an ', new Fault('model_unavailable'));
    const once = listed({ first: final });
    expect(await runToEnd(once.all)).toMatchObject({ stop_reason: 'model_unavailable' });
    expect(once.asked()).toEqual(['first']);
  });

  it('is asked down to the last, whose failure ends the run', async () => {
    const { all, asked } = listed({
      first: fails('model_not_found'),
      second: fails('model_unauthorized'),
      third: fails('model_not_found'),
    });
    const run = await runToEnd(all);
    expect(run).toMatchObject({ status: 'failed', stop_reason: 'model_not_found' });
    expect(asked()).toEqual(['first', 'second', 'third']);
    expect(run.steps[0]?.failed.map(({ model }) => model)).toEqual(['first', 'second']);
  });

  it('keeps the run, and what all of them cost counts together', async () => {
    let turn = 0;
    const first: Turn = (call, signal) => {
      turn += 1;
      const next = turn === 1 ? using(calls(['search__find', {}]), said) : fails('model_not_found');
      return next(call, signal);
    };
    const { all, asked } = listed({ first, second: using(says('Done.'), said) });
    const run = await runToEnd(all);
    expect(asked()).toEqual(['first', 'first', 'second']);
    expect(run.usage.total_tokens).toBe(2000);
    expect(viewFor('owner', run).cost_usd).toBe(0.003);
    const few = listed(
      { first, second: using(calls(['search__find', {}]), said) },
      {
        limits: { ...LIMITS, max_total_tokens: 1500 },
      },
    );
    turn = 0;
    expect(await runToEnd(few.all)).toMatchObject({ stop_reason: 'max_total_tokens' });
  });

  it('stays the one that is asked when the process dies, and the attempts before are kept', async () => {
    const stop = new AbortController();
    const hanging: Turn = async function* (_call, signal) {
      yield { choices: [{ delta: { content: 'Half' } }] };
      stop.abort();
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('gone')));
      });
    };
    const { all, log } = listed({ first: fails('model_not_found'), second: hanging });
    await executeRun(all, stop.signal);
    const again = scriptedModel([using(says('Whole.'), said)]);
    const run = await runToEnd({ ...all, model: again });
    expect(run).toMatchObject({ status: 'completed', steps: [{ attempt: 3, model: 'second' }] });
    expect(again.asked.map(({ model }) => model)).toEqual(['second']);
    expect(run.steps[0]?.failed).toMatchObject([
      { attempt: 1, model: 'first', error: { code: 'model_not_found' } },
      { attempt: 2, model: 'second', error: null },
    ]);
    expect(foldRun(log.read())).toEqual(run);
  });
});

describe('a reader', () => {
  const why = 'The model provider a has no model "first".';

  async function fallenBack(publish: 'full' | 'answer') {
    const gone = diesAfter('', new Fault('model_not_found', why));
    const { all, log } = listed({ first: gone, second: says('Done.') }, { publish });
    const run = await runToEnd(all);
    return { run, view: viewFor('public', run), log };
  }

  it('sees which models gave no answer, and why', async () => {
    const { view } = await fallenBack('full');
    const error = { code: 'model_not_found', message: why };
    expect(renderJson(view, null)['steps']).toMatchObject([
      {
        model: 'second',
        attempt: 2,
        failed_attempts: [{ attempt: 1, provider: 'a', model: 'first', error }],
      },
    ]);
    expect(renderMarkdown(view, URLS)).toContain('a/first gave no answer: The model provider a');
    expect(renderPage(view, URLS)).toContain('a/first gave no answer: The model provider a');
  });

  it('of the answer alone sees the code and the sentence of the table', async () => {
    const { view, log } = await fallenBack('answer');
    expect(JSON.stringify(renderJson(view, null))).not.toContain('has no model');
    expect(view.steps[0]?.failed).toMatchObject([{ error: { code: 'model_not_found' } }]);
    const scope = {
      viewer: 'public',
      publication: 'answer',
      attempts: new Attempts(log.read()),
      origin: '',
    } as const;
    const events = log.read().map((event) => visibleEvent(event, scope));
    expect(JSON.stringify(events)).toContain('"failed":{"code":"model_not_found"');
    expect(JSON.stringify(events)).not.toContain('has no model');
  });
});

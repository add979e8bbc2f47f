/** An answer that does not fit its schema: one more step, then the run fails. */
import { describe, expect, it } from 'vitest';
import type { CompletionRequest } from '../../../src/normalize/request.ts';
import { Fault } from '../../../src/fault/fault.ts';
import { Attempts } from '../../../src/run/attempts.ts';
import { visibleEvent } from '../../../src/run/public-event.ts';
import { viewFor } from '../../../src/run/view.ts';
import {
  calls,
  diesAfter,
  memoryServers,
  ports,
  request,
  runToEnd,
  says,
  scriptedModel,
  server,
  startedLog,
  text,
  type Turn,
} from '../../support/engine.ts';

const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
};
const GOOD = '{"city": "Oslo"}';
const WRONG = '{"city": 7}';

function start(change: Partial<CompletionRequest> = {}) {
  return startedLog({ output: { format: 'json', schema }, ...change });
}

async function answered(turns: readonly Turn[], change: Partial<CompletionRequest> = {}) {
  const model = scriptedModel(turns);
  const log = start(change);
  const run = await runToEnd(ports(model, { log }));
  return { run, model, log };
}

describe('OUT-8 an answer with a schema', () => {
  it('that fits is not asked for again', async () => {
    const { run, model } = await answered([says(GOOD)]);
    expect([run.status, model.asked.length]).toEqual(['completed', 1]);
    expect(viewFor('owner', run).output_json).toEqual({ city: 'Oslo' });
  });

  it('that does not fit is asked for once more, with what is wrong and the schema', async () => {
    const { run, model } = await answered([says(WRONG), says(`\`\`\`json\n${GOOD}\n\`\`\``)]);
    expect(run.status).toBe('completed');
    expect(run.steps[1]?.repair).toEqual(['/city must be a string.']);
    const [first, wrong, asked] = model.asked[1]?.messages ?? [];
    expect([first?.role, wrong]).toEqual(['user', { role: 'assistant', content: WRONG }]);
    expect(asked?.role).toBe('user');
    expect(asked?.content).toContain('- /city must be a string.');
    expect(asked?.content).toContain(JSON.stringify(schema));
    expect(viewFor('owner', run)).toMatchObject({ output: GOOD, output_json: { city: 'Oslo' } });
  });

  it.each([
    ['is no JSON', 'Oslo, I think.', 'The answer is not JSON.'],
    ['lacks a field', '{}', 'The value lacks the field "city".'],
    ['says nothing', '', 'The answer is not JSON.'],
  ])('that %s fails the second time, and the fault says where', async (_name, said, why) => {
    const { run, model } = await answered([says(said)]);
    expect(model.asked).toHaveLength(2);
    expect(run).toMatchObject({
      status: 'failed',
      stop_reason: 'output_invalid',
      error: { code: 'output_invalid' },
    });
    expect(run.error?.message).toContain(why);
    expect(viewFor('owner', run).output_json).toBeNull();
    // An assistant that says and does nothing would be refused by the provider.
    expect(model.asked[1]?.messages.filter(({ content }) => content === null)).toEqual([]);
  });

  it('counts the step that corrects it, and has none to spare at the limits', async () => {
    const { max_steps: _all, ...limits } = request().limits;
    const one = await answered([says(WRONG), says(GOOD)], { limits: { ...limits, max_steps: 1 } });
    expect(one.model.asked).toHaveLength(1);
    expect(one.run.stop_reason).toBe('output_invalid');
    const tokens = { ...limits, max_steps: 20, max_total_tokens: 10 };
    const spent = await answered([says(WRONG), says(GOOD)], { limits: tokens });
    expect(spent.model.asked).toHaveLength(1);
    const two = await answered([says(WRONG), says(GOOD)], { limits: { ...limits, max_steps: 2 } });
    expect(two.run.status).toBe('completed');
  });

  it('may use tools to correct it, and is still corrected only once', async () => {
    const maps = server('maps');
    const find = { name: 'find', run: () => text('Oslo') };
    const model = scriptedModel([says(WRONG), calls(['maps__find', {}]), says(WRONG)]);
    const log = start({ servers: [maps] });
    const servers = memoryServers({ [maps.url]: [find] });
    const run = await runToEnd(ports(model, { log, servers }));
    expect(run.stop_reason).toBe('output_invalid');
    expect(run.steps.map(({ repair }) => repair !== undefined)).toEqual([false, true, false]);
    // The words that asked for the correction stay where they were said.
    expect(model.asked[2]?.messages.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
      'tool',
    ]);
  });

  it('keeps its reason when the step that corrects it has to start again', async () => {
    const cut = new Fault('model_cut_off', undefined, { detail: { retryable: true } });
    const { run, model } = await answered([says(WRONG), diesAfter('{"ci', cut), says(GOOD)]);
    expect(run.status).toBe('completed');
    expect(run.steps[1]).toMatchObject({ attempt: 2, repair: ['/city must be a string.'] });
    expect(model.asked[2]?.messages).toEqual(model.asked[1]?.messages);
  });

  it('is corrected in the process that takes the run up again', async () => {
    const log = start();
    log.append([
      { type: 'step-start', step: 1, attempt: 1, provider: 'test', model: 'scripted' },
      { type: 'text-delta', step: 1, text: WRONG },
      { type: 'step-end', step: 1, finish_reason: 'stop', tool_calls: [] },
    ]);
    const run = await runToEnd(ports(scriptedModel([says(GOOD)]), { log }));
    expect(run.status).toBe('completed');
    expect(run.steps[1]?.repair).toEqual(['/city must be a string.']);
  });

  it('tells nobody but its owner what the schema wanted when only the answer is published', async () => {
    const { run, log } = await answered([says(WRONG)], { publish: 'answer' });
    const events = log.read();
    const scope = {
      viewer: 'public',
      publication: 'answer',
      origin: '',
      attempts: new Attempts(events),
    } as const;
    const seen = JSON.stringify([
      viewFor('public', run),
      events.map((event) => visibleEvent(event, scope)),
    ]);
    expect(seen).not.toContain('must be a string');
    expect(JSON.stringify(viewFor('owner', run))).toContain('must be a string');
  });

  it('of the format json without a schema is never asked for again', async () => {
    const { run } = await answered([says('Sorry.')], { output: { format: 'json' } });
    expect([run.status, run.steps.length]).toEqual(['completed', 1]);
  });
});

import { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StepAccumulator } from '../../../../src/protocol/accumulate.ts';
import { askAt, faultIn, KEY, wordsIn } from './provider-server.ts';

/** A mock of model providers that nobody of this project wrote. */
const mock = new LLMock({ port: 0, chunkSize: 3 });
let baseUrl: string;

beforeAll(async () => {
  mock.onMessage('hello', { content: 'Hi there, friend!' });
  mock.onMessage('weather', {
    content: 'Looking.',
    toolCalls: [
      { name: 'get_weather', arguments: '{"city":"Tokyo","days":[1,2,3]}' },
      { name: 'get_time', arguments: '{"zone":"Asia/Tokyo"}' },
    ],
  });
  mock.onMessage('think', { content: 'Yes.', reasoning: 'Let me think about it.' });
  mock.onMessage('slow down', {
    error: { message: 'Too many', type: 'rate_limit_error' },
    status: 429,
    retryAfter: 4,
  });
  await mock.start();
  baseUrl = `${mock.url}/v1`;
});
afterAll(() => mock.stop());

async function stepFor(content: string) {
  const { chunks, thrown } = await askAt(baseUrl, {
    call: { messages: [{ role: 'user', content }] },
  });
  const step = new StepAccumulator({ step: 1 });
  const outputs = chunks.flatMap((chunk) => step.feed(chunk));
  return { chunks, thrown, outputs, answer: step.end().answer };
}

describe('a foreign mock of a provider', () => {
  it('answers in words, with usage', async () => {
    const { chunks, thrown, answer } = await stepFor('hello');
    expect(thrown).toBe(null);
    expect(chunks.length).toBeGreaterThan(5);
    expect(wordsIn(chunks)).toBe('Hi there, friend!');
    expect(answer).toMatchObject({ complete: true, finish_reason: 'stop' });
    expect(answer.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('calls tools in parallel, their arguments split over many deltas', async () => {
    const { chunks, outputs, answer } = await stepFor('weather');
    expect(chunks.length).toBeGreaterThan(10);
    expect(answer.text).toBe('Looking.');
    expect(answer.tool_calls.map((call) => call.function)).toEqual([
      { name: 'get_weather', arguments: '{"city":"Tokyo","days":[1,2,3]}' },
      { name: 'get_time', arguments: '{"zone":"Asia/Tokyo"}' },
    ]);
    expect(outputs.filter(({ type }) => type === 'tool-call').length).toBe(2);
  });

  it('reasons', async () => {
    const { answer } = await stepFor('think');
    expect(answer).toMatchObject({ text: 'Yes.', reasoning: 'Let me think about it.' });
  });

  it('limits the rate', async () => {
    const fault = faultIn(await stepFor('slow down'));
    expect(fault).toMatchObject({
      code: 'model_rate_limited',
      detail: { retryable: true, retry_after: 4 },
    });
  });

  it('knows no fixture for it, which is a refusal with a reason', async () => {
    expect(faultIn(await stepFor('something else')).code).toMatch(/^model_/);
  });

  it('breaks off in the middle of a stream', async () => {
    mock.setChaos({ disconnectRate: 1 });
    const fault = faultIn(await stepFor('hello'));
    mock.clearChaos();
    expect(fault.code).toMatch(/^model_(cut_off|unavailable)$/);
  });

  it('sends malformed chunks', async () => {
    mock.setChaos({ malformedRate: 1 });
    const fault = faultIn(await stepFor('hello'));
    mock.clearChaos();
    expect(fault.code).toBe('model_garbage');
    expect(JSON.stringify(fault)).not.toContain(KEY);
  });
});

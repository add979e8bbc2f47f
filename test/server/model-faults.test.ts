/** Models that fail, as the running product meets them: through the guard and over a real network. */
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { httpPeer } from '../support/peers.ts';
import type { Peer } from '../support/peers.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

interface RunJson {
  status: string;
  stop_reason: string;
  output: string;
  error: { code: string; message: string } | null;
}

const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const ANSWER = `${chunk({ content: 'All good.' })}${chunk({}, 'stop')}data: [DONE]\n\n`;
const streaming = (response: ServerResponse) =>
  response.writeHead(200, { 'content-type': 'text/event-stream' });

let model: Peer;
let product: Product;
let tries: number;
let behave: (response: ServerResponse, attempt: number) => void;

beforeAll(async () => {
  model = await httpPeer((_, response) => {
    tries += 1;
    behave(response, tries);
  });
  product = await startProduct({ OPENAI_BASE_URL: `${model.origin}/v1`, DEFAULT_MODEL: 'm' });
});
afterAll(() => Promise.all([product.stop(), model.stop()]));

async function run(behaviour: typeof behave): Promise<RunJson> {
  behave = behaviour;
  tries = 0;
  const { text } = await ask(`${product.origin}/?wait=60`, { body: 'Say hello.' });
  return JSON.parse(text) as RunJson;
}

describe('a model', () => {
  it('that hangs up before it says anything is asked again', async () => {
    const { status, output } = await run((response, attempt) => {
      if (attempt === 1) response.destroy();
      else streaming(response).end(ANSWER);
    });
    expect([status, output, tries]).toEqual(['completed', 'All good.', 2]);
  });

  it('that is cut off in the middle is asked again from the start', async () => {
    const { status, output } = await run((response, attempt) => {
      if (attempt > 1) return streaming(response).end(ANSWER);
      streaming(response).write(chunk({ content: 'Half an ans' }));
      return setTimeout(() => response.destroy(), 50);
    });
    expect([status, output]).toEqual(['completed', 'All good.']);
  });

  it('that closes politely in the middle has not answered either', async () => {
    const { status, error } = await run((response) =>
      streaming(response).end(chunk({ content: 'Half an ans' })),
    );
    expect([status, error?.code]).toEqual(['failed', 'model_cut_off']);
  });

  it('that limits the rate is asked again when it says', async () => {
    const { status } = await run((response, attempt) => {
      if (attempt === 1) response.writeHead(429, { 'retry-after': '0' }).end('{}');
      else streaming(response).end(ANSWER);
    });
    expect([status, tries]).toEqual(['completed', 2]);
  });

  it.each([
    [401, 'model_unauthorized'],
    [400, 'model_rejected'],
  ])('that answers %i ends the run with %s at once', async (code, expected) => {
    const { status, stop_reason } = await run((response) =>
      response
        .writeHead(code, { 'content-type': 'application/json' })
        .end('{"error":{"message":"no"}}'),
    );
    expect([status, stop_reason, tries]).toEqual(['failed', expected, 1]);
  });

  it('that sends something else is garbage', async () => {
    const { stop_reason } = await run((response) =>
      streaming(response).end('data: {"choices": \n\n'),
    );
    expect(stop_reason).toBe('model_garbage');
  });

  it('that redirects inside is not followed', async () => {
    const { status, error } = await run((response) =>
      response.writeHead(307, { location: 'http://127.0.0.1:1/v1/chat/completions' }).end(),
    );
    expect(status).toBe('failed');
    expect(error?.code).toMatch(/^model_/);
  });

  it('may answer at great length', async () => {
    const long = 'x'.repeat(2000);
    const { status, output } = await run((response) => {
      streaming(response);
      for (let index = 0; index < 2500; index += 1) response.write(chunk({ content: long }));
      response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
    });
    expect([status, output.length]).toEqual(['completed', 5_000_000]);
  });
});

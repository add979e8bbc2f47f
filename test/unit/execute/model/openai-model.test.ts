import type { ServerResponse } from 'node:http';
import { setTimeout as later } from 'node:timers/promises';
import OpenAI from 'openai';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StepAccumulator } from '../../../../src/protocol/accumulate.ts';
import { Fault } from '../../../../src/fault/fault.ts';
import type { ProviderServer } from './provider-server.ts';
import {
  askAt,
  CALL,
  event,
  faultIn,
  KEY,
  providerAt,
  providerServer,
  says,
  wordsIn,
} from './provider-server.ts';

let server: ProviderServer;
afterEach(() => server.close());

/** A provider that answers 200 with these bytes. */
async function streaming(...pieces: readonly (string | Uint8Array)[]): Promise<string> {
  server = await providerServer((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of pieces) response.write(piece);
    response.end();
  });
  return server.baseUrl;
}

async function failing(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<string> {
  server = await providerServer((response) => {
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  return server.baseUrl;
}

const DONE = 'data: [DONE]\n\n';

describe('a request', () => {
  it('carries model, messages, tools and parameters, and only its own headers', async () => {
    const baseUrl = await streaming(says('Hi', 'stop'), DONE);
    const tool = { type: 'function', function: { name: 'f', parameters: {} } } as const;
    await askAt(baseUrl, {
      call: { tools: [tool], parameters: { temperature: 0, tool_choice: 'auto', model: 'other' } },
    });
    const [seen] = server.seen;
    expect(seen?.path).toBe('/v1/chat/completions');
    expect(seen?.body).toEqual({
      model: 'm-1',
      messages: CALL.messages,
      tools: [tool],
      temperature: 0,
      tool_choice: 'auto',
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(seen?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(
      Object.keys(seen?.headers ?? {}).filter((name) => /stainless|organization/.test(name)),
    ).toEqual([]);
  });

  it.each(['', '/'])(
    'is what the openai SDK sends to a base URL that ends in "v1%s"',
    async (end) => {
      const baseUrl = `${await streaming(says('Hi', 'stop'), DONE)}${end}`;
      await askAt(baseUrl, { call: { parameters: { temperature: 0.5 } } });
      const sdk = new OpenAI({ baseURL: baseUrl, apiKey: KEY });
      await sdk.chat.completions.create({
        model: 'm-1',
        messages: [{ role: 'user', content: 'Hi' }],
        temperature: 0.5,
        stream: true,
        stream_options: { include_usage: true },
      });
      const [ours, theirs] = server.seen.map(({ path, body, headers }) => {
        const { authorization, 'content-type': type } = headers;
        return { path, body, authorization, type };
      });
      expect(ours).toEqual(theirs);
      expect(server.seen[0]?.headers['user-agent']).toBe('MarkdownOps');
    },
  );

  it('carries nothing that the environment holds for another provider', async () => {
    const planted = {
      OPENAI_API_KEY: 'canary-key',
      OPENAI_ADMIN_KEY: 'canary-admin',
      OPENAI_ORG_ID: 'canary-org',
      OPENAI_PROJECT_ID: 'canary-project',
      OPENAI_BASE_URL: 'http://127.0.0.1:1/canary',
      OPENAI_CUSTOM_HEADERS: 'x-canary: canary-header',
    };
    for (const [name, value] of Object.entries(planted)) vi.stubEnv(name, value);
    const baseUrl = await streaming(says('Hi', 'stop'));
    const { thrown } = await askAt(baseUrl, { providers: [providerAt(baseUrl, { key: null })] });
    vi.unstubAllEnvs();
    expect(thrown).toBe(null);
    expect(JSON.stringify(server.seen)).not.toContain('canary');
  });

  it('without tools has no settings of tools', async () => {
    const baseUrl = await streaming(says('Hi', 'stop'));
    await askAt(baseUrl, { call: { parameters: { tool_choice: 'auto' } } });
    expect(server.seen[0]?.body).not.toHaveProperty('tool_choice');
    expect(server.seen[0]?.body).not.toHaveProperty('tools');
  });

  it('without a key has no authorization, and no usage is asked where that is an error', async () => {
    const baseUrl = await streaming(says('Hi', 'stop'));
    const provider = providerAt(baseUrl, { key: null, sendsUsageUnasked: true });
    await askAt(baseUrl, { providers: [provider] });
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
    expect(server.seen[0]?.body).not.toHaveProperty('stream_options');
  });

  it('for a provider or a model that is not there is not sent', async () => {
    const baseUrl = await streaming(says('Hi', 'stop'));
    const nowhere = await askAt(baseUrl, { call: { provider: 'evil.example' } });
    expect(faultIn(nowhere).code).toBe('model_not_found');
    const providers = [providerAt(baseUrl, { models: ['m-2'] })];
    expect(faultIn(await askAt(baseUrl, { providers })).code).toBe('model_not_found');
    expect(server.seen).toEqual([]);
  });

  it('is not sent along a redirect, which would take the key elsewhere', async () => {
    const baseUrl = await failing(307, '', { location: '/v1/elsewhere' });
    const fault = faultIn(await askAt(baseUrl));
    expect(fault).toMatchObject({ code: 'model_unavailable', detail: { retryable: false } });
    expect(server.seen.length).toBe(1);
  });
});

describe('an answer', () => {
  const text = 'Grüße 😀 — 世界 é';
  const stream =
    ': PROCESSING\r\n\r\n' + says(text).replaceAll('\n', '\r\n') + says('', 'stop') + DONE;

  it('survives a split at every byte', async () => {
    const bytes = new TextEncoder().encode(stream);
    for (let at = 1; at < bytes.length; at += 1) {
      const pieces = [bytes.slice(0, at), bytes.slice(at)];
      const fetchFor = () => async () => bodyOf(pieces);
      const { chunks, thrown } = await askAt('http://127.0.0.1:1/v1', { fetchFor });
      expect(thrown).toBe(null);
      expect(wordsIn(chunks)).toBe(text);
    }
    server = await providerServer((response) => response.end());
  });

  it('survives every byte alone over a socket', async () => {
    server = await providerServer((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      void drip(response, new TextEncoder().encode(stream));
    });
    expect(wordsIn((await askAt(server.baseUrl)).chunks)).toBe(text);
  });

  it('may end without [DONE] after a finish reason, and its usage comes after that', async () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    const baseUrl = await streaming(says('Hi', 'stop'), event({ choices: [], usage }));
    const { chunks, thrown } = await askAt(baseUrl);
    expect(thrown).toBe(null);
    expect(chunks.at(-1)?.usage).toEqual(usage);
  });

  it('that ends with [DONE] alone is complete', async () => {
    const { chunks, thrown } = await askAt(await streaming(says('Hi'), DONE));
    expect(thrown).toBe(null);
    const step = new StepAccumulator({ step: 1 });
    for (const chunk of chunks) step.feed(chunk);
    expect(step.end().answer).toMatchObject({ text: 'Hi', complete: true });
  });

  it('whose last event lacks the empty line is complete', async () => {
    const baseUrl = await streaming(says('Hi'), says('!', 'stop').trimEnd());
    const { chunks, thrown } = await askAt(baseUrl);
    expect([wordsIn(chunks), thrown]).toEqual(['Hi!', null]);
  });

  it('that was not streamed is accepted', async () => {
    const message = { role: 'assistant', content: 'Whole.', tool_calls: null };
    const baseUrl = await failing(200, {
      object: 'chat.completion',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    });
    const { chunks, thrown } = await askAt(baseUrl);
    expect([wordsIn(chunks), thrown]).toEqual(['Whole.', null]);
    expect(chunks[0]?.usage?.total_tokens).toBe(2);
  });

  it('leaves its connection to the next one, even when its end comes after [DONE]', async () => {
    const ports = new Set<number | undefined>();
    server = await providerServer((response, { socket }) => {
      ports.add(socket.remotePort);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(says('Hi', 'stop') + DONE);
      void later(20).then(() => response.end());
    });
    const steps = 6;
    for (let step = 1; step <= steps; step += 1) {
      expect(wordsIn((await askAt(server.baseUrl)).chunks)).toBe('Hi');
      await later(60);
    }
    // A machine that stands still for a moment may lose one, and no more than that.
    expect(ports.size).toBeLessThan(steps - 1);
  });

  it('that never ends after [DONE] loses its connection', async () => {
    const gone = Promise.withResolvers<void>();
    server = await providerServer((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(says('Hi', 'stop') + DONE);
      response.on('close', () => gone.resolve());
    });
    expect((await askAt(server.baseUrl)).thrown).toBe(null);
    await gone.promise;
  });

  it('does not wait for a provider that keeps the socket after [DONE]', async () => {
    server = await providerServer((response) => {
      response.writeHead(200).write(says('Hi', 'stop') + DONE);
    });
    expect((await askAt(server.baseUrl)).thrown).toBe(null);
  });

  it('is whole when the provider falls silent or resets after the finish reason', async () => {
    server = await providerServer((response) => {
      response.writeHead(200).write(says('Hi', 'stop'));
    });
    expect((await askAt(server.baseUrl, { idleMs: 20 })).thrown).toBe(null);
    await server.close();
    server = await providerServer((response) => {
      response
        .writeHead(200)
        .write(says('Hi', 'stop'), () => later(20).then(() => response.destroy()));
    });
    expect((await askAt(server.baseUrl)).thrown).toBe(null);
  });
});

describe('a refusal', () => {
  it.each([
    [401, 'model_unauthorized', false],
    [403, 'model_unauthorized', false],
    [404, 'model_not_found', false],
    [400, 'model_rejected', false],
    [422, 'model_rejected', false],
    [413, 'model_rejected', false],
    [408, 'model_timeout', true],
    [409, 'model_unavailable', true],
    [429, 'model_rate_limited', true],
    [500, 'model_unavailable', true],
    [503, 'model_unavailable', true],
    [529, 'model_unavailable', true],
  ])('with status %i is %s', async (status, code, retryable) => {
    const baseUrl = await failing(status, { error: { message: `bad key ${KEY}`, code: 'x' } });
    const fault = faultIn(await askAt(baseUrl));
    expect(fault).toMatchObject({ code, detail: { status, retryable, provider: 'openai' } });
    expect(JSON.stringify(fault) + String(fault.stack)).not.toContain(KEY);
  });

  it('of the model names the model and the provider', async () => {
    const baseUrl = await failing(400, { error: { code: 'model_not_found', message: 'no' } });
    const fault = faultIn(await askAt(baseUrl));
    expect(fault.code).toBe('model_not_found');
    expect(fault.message).toContain('openai has no model "m-1"');
  });

  it.each([
    ['OpenAI', { error: { message: 'too long' } }],
    ['Gemini', [{ error: { code: 400, message: 'too long', status: 'INVALID_ARGUMENT' } }]],
    ['Mistral', { object: 'error', message: 'too long', type: 'invalid_request_error' }],
    ['others', { detail: 'too long' }],
    ['a text', 'too long'],
  ])('says why in the words of %s', async (_name, body) => {
    expect(faultIn(await askAt(await failing(400, body))).message).toContain(': too long');
  });

  it('is bounded, on one line, and shows no page', async () => {
    const long = faultIn(await askAt(await failing(400, `a\n\u0007b${'x'.repeat(1e6)}`)));
    expect(long.message).toContain(': a bxxx');
    expect(long.message.length).toBeLessThan(700);
    await server.close();
    const page = faultIn(await askAt(await failing(502, '<html>nginx</html>')));
    expect(page.message).not.toContain('nginx');
  });

  it('with Retry-After says when to ask again', async () => {
    const after = async (headers: Record<string, string>): Promise<unknown> => {
      const fault = faultIn(await askAt(await failing(429, '', headers)));
      await server.close();
      return fault.detail?.['retry_after'];
    };
    expect(await after({ 'retry-after': '7' })).toBe(7);
    expect(await after({ 'retry-after-ms': '250' })).toBe(0.25);
    expect(await after({ 'retry-after': new Date(0).toUTCString() })).toBe(0);
    expect(await after({ 'retry-after': 'soon' })).toBeUndefined();
    await failing(429, '');
  });

  it('for want of money is not worth asking again', async () => {
    const baseUrl = await failing(429, { error: { code: 'insufficient_quota', message: 'pay' } });
    expect(faultIn(await askAt(baseUrl)).detail).toMatchObject({ retryable: false });
  });

  it.each([
    [{ error: { message: 'model "x" not found' } }, /has no model "m-1"\.$/],
    [{ error: { message: 'No such page' } }, /found nothing for the model "m-1"\. No such page$/],
    ['<h1>404</h1>', /"m-1"\. Is its address right, with \/v1 where it needs one\?$/],
  ])('with 404 and %j says what was not found', async (body, message) => {
    const fault = faultIn(await askAt(await failing(404, body)));
    expect(fault.code).toBe('model_not_found');
    expect(fault.message).toMatch(message);
  });

  it('whose body never ends is still a refusal', async () => {
    server = await providerServer((response) => {
      response.writeHead(500);
      const more = (): boolean => response.write('x'.repeat(16_384), () => setImmediate(more));
      more();
    });
    expect(faultIn(await askAt(server.baseUrl)).code).toBe('model_unavailable');
  });
});

describe('an error in the stream', () => {
  it.each([
    [{ error: { message: 'Provider disconnected', code: 502 } }, 'model_unavailable', true],
    [{ error: { message: 'overloaded', type: 'overloaded_error' } }, 'model_unavailable', true],
    [{ error: { message: 'slow', type: 'rate_limit_error' } }, 'model_rate_limited', true],
    [{ error: { message: 'bad', type: 'invalid_request_error' } }, 'model_rejected', false],
    [{ error: 'plain words' }, 'model_unavailable', true],
    [{ choices: [{ delta: {}, finish_reason: 'error' }] }, 'model_unavailable', true],
  ])('%j is a fault', async (frame, code, retryable) => {
    const result = await askAt(await streaming(says('Hal'), event(frame)));
    expect(wordsIn(result.chunks)).toBe('Hal');
    expect(faultIn(result)).toMatchObject({ code, detail: { retryable } });
    expect(faultIn(result).detail).not.toHaveProperty('status');
  });

  it('may be named by the event alone', async () => {
    const baseUrl = await streaming('event: error\ndata: {"message":"broken"}\n\n');
    expect(faultIn(await askAt(baseUrl)).message).toContain('broken');
  });

  it('may come as a 200 that is JSON', async () => {
    const baseUrl = await failing(200, { error: { message: 'no', type: 'invalid_request_error' } });
    expect(faultIn(await askAt(baseUrl)).code).toBe('model_rejected');
  });
});

describe('a connection', () => {
  it('that nobody accepts is unavailable, and can be tried again', async () => {
    server = await providerServer((response) => response.end());
    await server.close();
    const fault = faultIn(await askAt(server.baseUrl));
    expect(fault).toMatchObject({ code: 'model_unavailable', detail: { retryable: true } });
    expect(fault.message).toMatch(/openai gave no answer\. Is it running/);
    expect(fault.message).not.toContain(new URL(server.baseUrl).host);
    server = await providerServer((response) => response.end());
  });

  it.each([
    ['reset before the headers', (r: ServerResponse) => r.destroy()],
    ['reset before the first byte', (r: ServerResponse) => r.writeHead(200).flushHeaders()],
    ['closed with nothing', (r: ServerResponse) => r.writeHead(200).end()],
    ['closed after comments', (r: ServerResponse) => r.writeHead(200).end(': PROCESSING\n\n')],
  ])('that is %s is unavailable', async (name, answer) => {
    server = await providerServer((response) => {
      answer(response);
      if (name.includes('first byte')) setTimeout(() => response.destroy(), 20);
    });
    const fault = faultIn(await askAt(server.baseUrl));
    expect(fault).toMatchObject({ code: 'model_unavailable', detail: { retryable: true } });
  });

  it('that is reset after a token cuts the model off', async () => {
    server = await providerServer((response) => {
      response
        .writeHead(200)
        .write(says('Half an'), () => later(20).then(() => response.destroy()));
    });
    const result = await askAt(server.baseUrl);
    expect(wordsIn(result.chunks)).toBe('Half an');
    expect(faultIn(result)).toMatchObject({ code: 'model_cut_off', detail: { retryable: true } });
  });

  it('that closes before the finish reason is not the end of a step', async () => {
    const result = await askAt(await streaming(says('Half an')));
    expect(faultIn(result).code).toBe('model_cut_off');
  });

  it('that closes in the middle of an event cuts the model off', async () => {
    const result = await askAt(await streaming(says('Half an'), 'data: {"choices":[{"del'));
    expect(faultIn(result).code).toBe('model_cut_off');
  });

  it('that our own guard refused stays what the guard said', async () => {
    server = await providerServer((response) => response.end());
    const refusal = new Fault('address_refused');
    const fetchFor = () => () => Promise.reject(new TypeError('fetch failed', { cause: refusal }));
    expect((await askAt(server.baseUrl, { fetchFor })).thrown).toBe(refusal);
  });
});

describe('garbage', () => {
  it.each([
    ['a page', '<!doctype html><p>Sign in'],
    ['text', 'upstream connect error\n\n'],
    ['JSON of something else', '{"ok":true}'],
    ['half JSON', '{"choices":[{"mess'],
    ['an event that is not JSON', 'data: hello\n\n'],
    ['an event that is a list', 'data: [1]\n\n'],
    ['choices that are no list', 'data: {"choices":{"delta":1}}\n\n'],
    ['calls that are no objects', 'data: {"choices":[{"delta":{"tool_calls":[7]}}]}\n\n'],
  ])('such as %s is named so', async (_name, body) => {
    expect(faultIn(await askAt(await streaming(body))).code).toBe('model_garbage');
  });
});

describe('waiting', () => {
  it('for headers has an end', async () => {
    server = await providerServer(() => undefined);
    const fault = faultIn(await askAt(server.baseUrl, { firstTokenMs: 30 }));
    expect(fault).toMatchObject({ code: 'model_timeout', detail: { retryable: true } });
  });

  it('for a first token is not prolonged by comments', async () => {
    server = await providerServer((response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(': PROCESSING\n\n'), 5);
      response.on('close', () => clearInterval(timer));
    });
    expect(faultIn(await askAt(server.baseUrl, { firstTokenMs: 60 })).code).toBe('model_timeout');
  });

  it('for the next token has an end, and a never-ending answer is closed', async () => {
    const closed = Promise.withResolvers<unknown>();
    server = await providerServer((response) => {
      response.writeHead(200).write(says('Hm'));
      response.on('close', () => closed.resolve(null));
    });
    const fault = faultIn(await askAt(server.baseUrl, { idleMs: 30 }));
    expect(fault.code).toBe('model_timeout');
    await closed.promise;
  });

  it('ends with the abort, which reaches the socket', async () => {
    const closed = Promise.withResolvers<unknown>();
    const stop = new AbortController();
    server = await providerServer((response) => {
      response.on('close', () => closed.resolve(null));
      response.writeHead(200).write(says('Hm'), () => stop.abort(new Error('cancelled')));
    });
    const { thrown } = await askAt(server.baseUrl, { signal: stop.signal });
    expect(thrown).toBe(stop.signal.reason);
    await closed.promise;
  });

  it('does not begin when the abort came first', async () => {
    server = await providerServer((response) => response.end());
    const { thrown } = await askAt(server.baseUrl, { signal: AbortSignal.abort() });
    expect(thrown).toBeInstanceOf(DOMException);
    expect(server.seen).toEqual([]);
  });
});

function bodyOf(pieces: readonly Uint8Array[]): Response {
  return new Response(
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece);
        controller.close();
      },
    }),
  );
}

async function drip(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  for (const byte of bytes) {
    response.write(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
}

/** `POST /` on the started product: every kind of body, every kind of reply, every bad input. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

interface Created {
  id: string;
  owner_token: string;
  url: string;
  problems: { code: string; line?: number }[];
}

interface ErrorBody {
  error: { code: string; message: string; problems?: { code: string; line?: number }[] };
}

const post = (path: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  ask(product.origin + path, { method: 'POST', body, headers });
const promptOf = async (id: string) => (await ask(`${product.origin}/${id}?key=prompt`)).text;
const created = (text: string) => JSON.parse(text) as Created;
const errorOf = (text: string) => (JSON.parse(text) as ErrorBody).error;

function multipart(
  fields: Record<string, string | Uint8Array>,
): [Uint8Array, Record<string, string>] {
  const parts = Object.entries(fields).flatMap(([name, value]) => [
    Buffer.from(`--XX\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ]);
  const type = { 'content-type': 'multipart/form-data; boundary=XX' };
  return [Buffer.concat([...parts, Buffer.from('--XX--\r\n')]), type];
}

describe('a body is read as', () => {
  const FORM = 'application/x-www-form-urlencoded';

  it.each([
    ['text/markdown', 'Say *hello*.'],
    ['text/plain; charset=utf-8', 'Say hello.'],
    ['text/x-anything', 'Say hello.'],
    [FORM, 'Say hello.'],
    [FORM, 'prompt=1 & other words'],
    [FORM, 'Hello'],
  ])('the prompt itself: %s, %j', async (type, body) => {
    const { status, text } = await post('/', body, { 'content-type': type });
    expect(status).toBe(201);
    expect(await promptOf(created(text).id)).toBe(body);
  });

  it('the prompt itself where a form is not encoded, with a warning that says how fields are sent', async () => {
    const body = 'prompt=Say hi&model=openai/gpt-5';
    const { status, text } = await post('/', body, { 'content-type': FORM });
    expect(status).toBe(201);
    expect(text).toMatch(/"code": "unread_form",[^}]*--data-urlencode/);
  });

  it('the prompt itself, when it has no type', async () => {
    const { text } = await post('/runs', 'Say hello.');
    expect(await promptOf(created(text).id)).toBe('Say hello.');
  });

  it('a form, when the whole body is one and has a prompt', async () => {
    const { text } = await post('/', 'prompt=Say+hello%0D%0Atwice.&name=greeting', {
      'content-type': FORM,
    });
    expect(await promptOf(created(text).id)).toBe('Say hello\ntwice.');
  });

  it('a multipart form', async () => {
    const { text } = await post('/', ...multipart({ prompt: 'Say hello.', name: 'greeting' }));
    expect(await promptOf(created(text).id)).toBe('Say hello.');
  });

  it('JSON with inputs and settings, which override the frontmatter', async () => {
    const body = {
      prompt: '---\nmax_steps: 2\ninput:\n  schema: { who: string }\n---\nGreet {{who}}.',
      input: { who: 'Ada' },
      max_steps: 5,
    };
    const json = { 'content-type': 'application/json' };
    const { status, text } = await post('/?dry_run=1', JSON.stringify(body), json);
    expect(status).toBe(200);
    const { request } = JSON.parse(text) as { request: { limits: object; messages: unknown[] } };
    expect(request.limits).toMatchObject({ max_steps: 5 });
    expect(JSON.stringify(request.messages)).toContain('Greet Ada.');
  });

  it('query parameters override as JSON keys do', async () => {
    const { text } = await post('/?dry_run=1&max_steps=7', '---\nmax_steps: 2\n---\nHi.');
    expect(JSON.parse(text)).toMatchObject({ request: { limits: { max_steps: 7 } } });
  });
});

describe('a reply is', () => {
  it('201 with the URLs and the owner token, at once', async () => {
    const { status, headers, text } = await post('/', 'Say hello.');
    const run = created(text);
    expect(status).toBe(201);
    expect(headers.location).toBe(`/${run.id}`);
    expect(run).toMatchObject({
      id: expect.stringMatching(/^[0-9A-Za-z]{32}$/) as string,
      object: 'run',
      status: 'queued',
      url: `${product.origin}/${run.id}`,
      markdown_url: `${product.origin}/${run.id}.md`,
      json_url: `${product.origin}/${run.id}.json`,
      events_url: `${product.origin}/${run.id}/events`,
      owner_token: expect.stringMatching(/^[0-9A-Za-z]{43}$/) as string,
      expires_at: null,
    });
  });

  it.each([
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['text/markdown', 'text/markdown'],
    ['text/plain', 'text/plain'],
  ])('with ?wait the finished run, for Accept %s as %s', async (accept, type) => {
    const { status, headers, text } = await post('/?wait=30', 'Say hello.', { accept });
    expect(status).toBe(200);
    expect(headers['content-type']).toContain(type);
    expect(headers['preference-applied']).toBe('wait=30');
    expect(headers['x-run-owner-token']).toMatch(/^\w{43}$/);
    expect(text).toMatch(/hello/i);
  });

  it('with Prefer: wait the same', async () => {
    const { status, text } = await post('/', 'Say hello.', { prefer: 'respond-async, wait=30' });
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ status: 'completed' });
  });

  it('202 with the URLs when the time is over', async () => {
    const { status, text } = await post('/?wait=0', 'Say hello.');
    expect(status).toBe(202);
    expect(created(text).owner_token).toMatch(/^\w{43}$/);
  });

  it('the events, the first with the URLs and the token', async () => {
    const { status, headers, text } = await post('/', 'Say hello.', {
      accept: 'text/event-stream',
    });
    expect(status).toBe(201);
    expect(headers['content-type']).toBe('text/event-stream');
    const [first = '', ...rest] = text.trim().split('\n\n');
    expect(first).toMatch(/^event: run\ndata: \{.*"owner_token"/);
    expect(rest.map((frame) => /^id: (\d+)/.exec(frame)?.[1])).toEqual(
      rest.map((_, index) => String(index + 1)),
    );
    expect(rest.at(-1)).toContain('"type":"run-end"');
  });

  it.each(['text/markdown', 'text/plain'])('the answer as %s while it is made', async (accept) => {
    const { status, headers, text } = await post('/', 'Say hello.', { accept });
    expect(status).toBe(201);
    expect(headers['link']).toContain('rel="alternate"; type="text/markdown"');
    const id = (headers.location ?? '').slice(1);
    const { text: answer } = await ask(`${product.origin}/${id}.txt`);
    expect(text.trim()).toBe(answer.trim());
  });

  it('a stream that ends with a clear line when the run fails', async () => {
    const { text } = await post('/', '---\ntools: https://127.0.0.1/mcp\n---\nHi.', {
      accept: 'text/markdown',
    });
    expect(text).toMatch(/^> Run failed: address_refused\. .+\n$/);
  });

  it('303 and a cookie for a form in a browser', async () => {
    const { status, headers } = await post('/', 'prompt=Say+hello', {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
      'sec-fetch-site': 'same-origin',
    });
    const id = (headers.location ?? '').slice(1);
    expect(status).toBe(303);
    const [cookie = ''] = headers['set-cookie'] ?? [];
    expect(cookie).toMatch(
      new RegExp(`^run_owner=\\w{43}; Path=/${id}; HttpOnly; SameSite=Strict$`),
    );
    const cancelled = await ask(`${product.origin}/${id}/cancel`, {
      method: 'POST',
      headers: { cookie: cookie.split(';')[0] ?? '', 'sec-fetch-site': 'same-origin' },
    });
    expect(cancelled.status).toBe(200);
  });

  it('for a dry run the request, and nothing runs', async () => {
    const { status, headers, text } = await post('/?dry_run=1', '@/demo/mcp\n\nWhat is 1 + 1?');
    expect(status).toBe(200);
    expect(headers.location).toBeUndefined();
    expect(JSON.parse(text)).toMatchObject({ request: { servers: [{ url: '/demo/mcp' }] } });
  });

  it('for a dry run of a bad prompt 422 with the same problems', async () => {
    const { status, text } = await post('/?dry_run=1', '---\nmodel: [\n---\nHi.');
    expect(status).toBe(422);
    expect(JSON.parse(text)).toMatchObject({ problems: [{ severity: 'error' }] });
  });
});

describe('bad input', () => {
  it.each([
    ['an empty body', ''],
    ['only white space', ' \n\n'],
    ['frontmatter alone', '---\nmodel: demo\n---\n'],
    ['broken YAML', '---\nmodel: demo\ntools: [\n---\nHi.'],
    ['an unknown model', '---\nmodel: demo/huge\n---\nHi.'],
    ['an unknown provider', '---\nmodel: nowhere/gpt\n---\nHi.'],
  ])('%s is 422 with its problems, and no run', async (_, body) => {
    const { status, headers, text } = await post('/', body);
    expect(status).toBe(422);
    expect(headers.location).toBeUndefined();
    const error = errorOf(text);
    expect(error.code).toBe('invalid_prompt');
    expect(error.problems?.length).toBeGreaterThan(0);
  });

  it('an empty body says how a document is sent, as curl sends none of one that begins with @', async () => {
    expect(errorOf((await post('/', '')).text).message).toContain('--data-binary @FILE');
    expect(errorOf((await post('/', ' ')).text).message).not.toContain('curl');
  });

  it('broken YAML says line and column', async () => {
    const { text } = await post('/', '---\nmodel: demo\ntools: [\n---\nHi.');
    expect(errorOf(text).problems?.[0]).toMatchObject({
      line: expect.any(Number) as number,
      column: expect.any(Number) as number,
    });
  });

  it('an unknown model names those that exist', async () => {
    const { text } = await post('/', '---\nmodel: demo/huge\n---\nHi.');
    expect(JSON.stringify(errorOf(text).problems)).toContain('demo');
    // Nothing is configured here.
    expect(JSON.stringify(errorOf(text).problems)).toContain('OPENAI_API_KEY');
  });

  it('an unknown key is a warning with a suggestion, and the run goes on', async () => {
    const { status, text } = await post('/', '---\nmax_step: 2\n---\nHi.');
    expect(status).toBe(201);
    expect(JSON.stringify(created(text).problems)).toContain('max_steps');
  });

  it('wrong JSON says where', async () => {
    const { status, text } = await post('/', '{"prompt": "a",\n  "input": }', {
      'content-type': 'application/json',
    });
    expect(status).toBe(400);
    expect(errorOf(text)).toMatchObject({ code: 'invalid_json', line: 2, column: 12 });
  });

  it.each(['[]', '"text"', '{}', '{"prompt": 1}', '{"prompt": "a", "input": []}', 'null'])(
    'JSON that is no prompt is a bad request: %s',
    async (body) => {
      const { status, text } = await post('/', body, { 'content-type': 'application/json' });
      expect(status).toBe(400);
      expect(errorOf(text).code).toBe('bad_request');
    },
  );

  it.each([
    ['NUL', Buffer.from('a\0b')],
    ['a PNG', Buffer.from('89504e470d0a1a0a0000000d', 'hex')],
    ['Latin-1', Buffer.from('caf\xe9', 'latin1')],
    ['UTF-16', Buffer.from('\ufeffhello', 'utf16le')],
  ])('%s is no text', async (_, body) => {
    const { status, text } = await post('/', body);
    expect(status).toBe(422);
    expect(errorOf(text).code).toBe('not_text');
  });

  it('a NUL inside JSON or a form is no text either', async () => {
    const asJson = await post('/', '{"prompt": "a\\u0000b"}', {
      'content-type': 'application/json',
    });
    expect(errorOf(asJson.text).code).toBe('not_text');
    const asForm = await post('/', ...multipart({ prompt: Buffer.from([0x61, 0xff]) }));
    expect(errorOf(asForm.text).code).toBe('not_text');
  });

  it.each(['image/png', 'application/pdf', 'text/plain; charset=utf-16'])(
    '%s is no media type of a prompt',
    async (type) => {
      const { status, text } = await post('/', 'Hi.', { 'content-type': type });
      expect(status).toBe(415);
      expect(errorOf(text).code).toBe('unsupported_media_type');
    },
  );

  it.each([{ 'content-type': 'application/octet-stream' }, {}])(
    'a body of which the type says nothing is a document when it is text: %j',
    async (headers: Record<string, string>) => {
      expect((await post('/?dry_run=1', Buffer.from('Hi.'), headers)).status).toBe(200);
      const png = await post('/', Buffer.from('89504e470d0a1a0a0000000d', 'hex'), headers);
      expect(errorOf(png.text).code).toBe('not_text');
    },
  );

  it.each([
    ['a multipart body without a prompt', multipart({ other: 'x' })],
    ['a multipart body that is none', [Buffer.from('x'), multipart({})[1]] as const],
  ])('%s is a bad request', async (_, [body, headers]) => {
    const { status } = await post('/', body, headers);
    expect(status).toBe(400);
  });

  it('a wait that is no number is a bad request', async () => {
    expect((await post('/?wait=long', 'Hi.')).status).toBe(400);
  });

  it('a document of exactly 1 MB is taken, a byte more is not', async () => {
    const text = 'word '.repeat(209_716).slice(0, 1_048_576);
    expect((await post('/?dry_run=1', text)).status).toBe(200);
    expect((await post('/?dry_run=1', `${text}x`)).status).toBe(413);
    const json = { 'content-type': 'application/json' };
    expect((await post('/', JSON.stringify({ prompt: `${text}x` }), json)).status).toBe(413);
  });

  it('10 MB announced is refused before any of it is read', async () => {
    const answer = await rawExchange('Content-Length: 10000000', ['only the beginning']);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('10 MB in chunks is refused as soon as it is too much', async () => {
    const most = 1_048_576 + 262_144;
    const chunk = `A00000\r\n${'x'.repeat(most + 1)}`;
    // One byte more than may come is sent, and no other: an answer means nothing more was awaited.
    // What is sent to somebody who has answered and hung up would take the answer away.
    const answer = await rawExchange('Transfer-Encoding: chunked', [chunk]);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('errors are pages for a browser', async () => {
    const { status, headers, text } = await post('/', 'Hi.', {
      'content-type': 'image/png',
      accept: 'text/html',
    });
    expect(status).toBe(415);
    expect(headers['content-type']).toContain('text/html');
    expect(text).toContain('<!doctype html>');
  });

  it('a bad prompt from the editor comes back in the editor', async () => {
    const { status, text } = await post('/', '---\nmodel: [\n---\nKeep these words.', {
      accept: 'text/html',
    });
    expect(status).toBe(422);
    expect(text).toContain('Keep these words.');
    expect(text).toContain('<textarea');
  });
});

/** Sends the head of a POST and some pieces of a body that never ends; resolves with the answer. */
function rawExchange(header: string, pieces: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const [host = '', port = ''] = product.host.split(':');
    const socket = connect(Number(port), host, () => {
      socket.write(`POST / HTTP/1.1\r\nHost: ${product.host}\r\n${header}\r\n\r\n`);
      for (const piece of pieces) socket.write(piece);
    });
    socket.once('data', (data: Buffer) => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

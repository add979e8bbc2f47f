/** Reading a run while it goes on and afterwards: every form, resume at every event, cancel. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { modelPeer } from '../support/model-peer.ts';
import type { ModelPeer } from '../support/model-peer.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

let product: Product;
let model: ModelPeer;
beforeAll(async () => {
  model = await modelPeer();
  product = await startProduct({ OPENAI_BASE_URL: model.baseUrl, DEFAULT_MODEL: 'by-hand' });
});
afterAll(async () => {
  await product.stop();
  await model.stop();
});

interface Created {
  id: string;
  owner_token: string;
}

async function begin(prompt = 'Say hello.'): Promise<Created> {
  const { text } = await ask(`${product.origin}/`, { body: prompt });
  return JSON.parse(text) as Created;
}

async function finished(): Promise<Created> {
  const run = await begin();
  const asked = await model.next();
  for (const word of ['One ', 'two ', 'three 🌊.']) {
    asked.says(word);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  asked.stops();
  await ask(`${product.origin}/${run.id}/events`);
  return run;
}

const get = (path: string, headers: Record<string, string> = {}) =>
  ask(product.origin + path, { headers });
const cancel = (id: string, token: string) =>
  ask(`${product.origin}/${id}/cancel`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });

describe('a finished run', () => {
  it('is read in every form, by suffix or by Accept', async () => {
    const { id } = await finished();
    const forms = [
      [`/${id}`, '*/*', 'text/markdown'],
      [`/${id}`, 'text/html,*/*;q=0.8', 'text/html'],
      [`/${id}`, 'application/json', 'application/json'],
      [`/${id}`, 'text/plain', 'text/plain'],
      [`/${id}.md`, 'text/html', 'text/markdown'],
      [`/${id}.json`, 'text/html', 'application/json'],
      [`/${id}.txt`, 'text/html', 'text/plain'],
      [`/${id}.html`, 'application/json', 'text/html'],
    ] as const;
    for (const [path, accept, type] of forms) {
      const { status, headers, text } = await get(path, { accept });
      expect([status, headers['content-type']]).toEqual([200, `${type}; charset=utf-8`]);
      expect(text).toContain('three 🌊.');
      expect(headers['cache-control']).toBe('private, no-cache');
      expect(headers['access-control-allow-origin']).toBe('*');
    }
    expect((await get(`/${id}`, { accept: 'image/png' })).status).toBe(406);
    expect((await get(`/${id}.pdf`)).status).toBe(404);
  });

  it('is read in parts', async () => {
    const { id } = await finished();
    expect((await get(`/${id}?key=prompt`)).text).toBe('Say hello.');
    expect((await get(`/${id}?key=output`)).text).toBe('One two three 🌊.');
    expect((await get(`/${id}?key=references`)).text.trim()).toBe('[]');
    expect((await get(`/${id}?key=all`)).status).toBe(400);
  });

  it('is not sent again to who has it, in any form or part', async () => {
    const { id, owner_token } = await finished();
    const paths = [
      '.md',
      '.json',
      '.txt',
      '.html',
      '?key=output',
      '?key=prompt',
      '?key=references',
    ];
    const tags = new Set<string>();
    for (const path of ['', ...paths].map((suffix) => `/${id}${suffix}`)) {
      const whole = await get(path);
      const { etag = '', 'last-modified': modified = '' } = whole.headers;
      expect(etag).toMatch(/^"\w{32}"$/);
      expect(Math.abs(Date.now() - Date.parse(modified))).toBeLessThan(60_000);
      tags.add(etag);
      for (const held of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const { status, headers, text } = await get(path, { 'if-none-match': held });
        expect([status, headers.etag, text]).toEqual([304, etag, '']);
        expect(headers['cache-control']).toBe('private, no-cache');
        expect(headers.vary).toContain('Accept');
        expect(headers['access-control-allow-origin']).toBe('*');
      }
      for (const held of ['"other"', etag.slice(1, -1), '']) {
        expect((await get(path, { 'if-none-match': held })).text).toBe(whole.text);
      }
      const head = await ask(product.origin + path, { method: 'HEAD' });
      expect([head.status, head.text, head.headers.etag]).toEqual([200, '', etag]);
      expect(head.headers['content-type']).toBe(whole.headers['content-type']);
      const held = { 'if-none-match': etag };
      const known = await ask(product.origin + path, { method: 'HEAD', headers: held });
      expect(known.status).toBe(304);
    }
    // Without a suffix it is Markdown; everything else is something else.
    expect(tags.size).toBe(paths.length);
    const own = await get(`/${id}.json`, { authorization: `Bearer ${owner_token}` });
    const owned = {
      authorization: `Bearer ${owner_token}`,
      'if-none-match': own.headers.etag ?? '',
    };
    expect((await get(`/${id}.json`, owned)).status).toBe(304);
    await ask(`${product.origin}/${id}`, { method: 'DELETE', headers: owned });
    expect((await get(`/${id}.json`, { 'if-none-match': '*' })).status).toBe(404);
  });

  it('answers HEAD with the same headers and no body', async () => {
    const { id } = await finished();
    for (const path of [`/${id}`, `/${id}/events`]) {
      const { status, text } = await ask(product.origin + path, { method: 'HEAD' });
      expect([status, text]).toEqual([200, '']);
    }
  });

  it('sends the events again from any of them on, to the byte', async () => {
    const { id } = await finished();
    const whole = (await get(`/${id}/events`)).text;
    const frames = whole.split(/(?<=\n\n)/);
    expect(frames.length).toBeGreaterThan(4);
    for (let seen = 0; seen < frames.length; seen += 1) {
      const rest = frames.slice(seen).join('');
      expect((await get(`/${id}/events?starting_after=${seen}`)).text).toBe(rest);
      expect((await get(`/${id}/events`, { 'last-event-id': String(seen) })).text).toBe(rest);
    }
  });

  it('tells a reader that has seen everything to stay away', async () => {
    const { id } = await finished();
    expect((await get(`/${id}/events?starting_after=999`)).status).toBe(204);
    expect((await get(`/${id}/events?starting_after=x`)).status).toBe(400);
  });

  it('is gone for good after DELETE', async () => {
    const { id, owner_token } = await finished();
    const headers = { authorization: `Bearer ${owner_token}` };
    expect((await ask(`${product.origin}/${id}`, { method: 'DELETE', headers })).status).toBe(204);
    expect((await get(`/${id}`)).status).toBe(404);
    expect((await get(`/${id}/events`)).status).toBe(404);
    expect((await ask(`${product.origin}/${id}`, { method: 'DELETE', headers })).status).toBe(404);
  });
});

describe('a run that goes on', () => {
  it('streams what the model says, as it says it', async () => {
    const response = await fetch(`${product.origin}/`, {
      method: 'POST',
      body: 'Say hello.',
      headers: { accept: 'text/markdown' },
    });
    const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
    const read = async () => new TextDecoder().decode((await reader.read()).value);
    const asked = await model.next();
    asked.says('First');
    expect(await read()).toBe('First');
    asked.says(' second');
    expect(await read()).toBe(' second');
    asked.stops();
    expect(await read()).toBe('\n');
    expect((await reader.read()).done).toBe(true);
  });

  it('is never kept by a cache, and is there to be read', async () => {
    const { id, owner_token } = await begin();
    const asked = await model.next();
    asked.says('So far.');
    await expect.poll(async () => (await get(`/${id}.txt`)).text).toContain('So far.');
    const { headers, text } = await get(`/${id}.json`);
    expect(headers['cache-control']).toBe('private, no-store');
    expect(JSON.parse(text)).toMatchObject({ status: 'running' });
    await cancel(id, owner_token);
  });

  it('is cancelled by its owner: the model is hung up on, readers end, the text stays', async () => {
    const { id, owner_token } = await begin();
    const asked = await model.next();
    asked.says('Half an ');
    const events = get(`/${id}/events`);
    await expect.poll(async () => (await get(`/${id}.txt`)).text).toContain('Half an');
    const { status, text } = await cancel(id, owner_token);
    expect([status, JSON.parse(text)]).toEqual([200, { id, object: 'run', status: 'cancelled' }]);
    await asked.closed;
    expect((await events).text).toContain('"status":"cancelled"');
    expect(JSON.parse((await get(`/${id}.json`)).text)).toMatchObject({
      status: 'cancelled',
      stop_reason: 'cancelled',
    });
  });

  it('is cancelled once, and a finished run is not cancelled any more', async () => {
    const running = await begin();
    await model.next();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => cancel(running.id, running.owner_token)),
    );
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const { text } = await get(`/${running.id}/events`);
    expect(text.match(/"type":"run-end"/g)).toHaveLength(1);
    const ended = await finished();
    expect((await cancel(ended.id, ended.owner_token)).text).toContain('"completed"');
  });

  it('is deleted while it works, and its readers end', async () => {
    const { id, owner_token } = await begin();
    const asked = await model.next();
    const events = get(`/${id}/events`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const headers = { authorization: `Bearer ${owner_token}` };
    expect((await ask(`${product.origin}/${id}`, { method: 'DELETE', headers })).status).toBe(204);
    await asked.closed;
    expect((await events).text).not.toContain('run-end');
    expect((await get(`/${id}`)).status).toBe(404);
  });

  it('holds a waiting request until the end', async () => {
    const held = ask(`${product.origin}/?wait=30`, { body: 'Say hello.' });
    const asked = await model.next();
    asked.says('Done.');
    asked.stops();
    expect(JSON.parse((await held).text)).toMatchObject({ status: 'completed', output: 'Done.' });
  });
});

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { nodeNetwork } from '../../../../src/node/node-network.ts';
import { guardedFetch } from '../../../../src/egress/guarded-fetch.ts';
import { references } from '../../../../src/execute/references/references.ts';
import type { UrlPolicy } from '../../../../src/normalize/request.ts';
import { loopbackServer } from '../../egress/loopback-server.ts';

interface Page {
  readonly type?: string;
  readonly body: string | Uint8Array;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 1]);
const GUIDE = '# Guide\n\nIntro.\n\n## Install\n\nRun it.\n\n## Use\n\nUse it.\n';

const pages: Record<string, Page> = {
  '/guide.md': { type: 'text/markdown; charset=utf-8', body: GUIDE },
  '/missing': { body: 'nothing here', status: 404 },
  '/failing': { body: 'oh no', status: 503 },
  '/empty': { type: 'text/plain', body: '' },
  '/page': {
    type: 'text/html',
    body: '<title>Page</title><nav>menu</nav><p>Hello <a href="next">next</a></p><h2>Part</h2>text',
  },
  '/latin': { type: 'text/plain; charset=iso-8859-1', body: new Uint8Array([0x63, 0xe9]) },
  '/latin.html': {
    type: 'text/html',
    body: new Uint8Array([...new TextEncoder().encode('<meta charset="iso-8859-1"><p>c'), 0xe9]),
  },
  '/utf16': { type: 'text/plain', body: new Uint8Array([0xff, 0xfe, 0x68, 0, 0x69, 0]) },
  '/odd-charset': { type: 'text/plain; charset=klingon', body: 'é' },
  '/euros': { type: 'text/plain', body: '€'.repeat(100) },
  '/image.png': { type: 'image/png', body: PNG },
  '/image': { body: PNG },
  '/not-an-image.png': { type: 'image/png', body: '<html>' },
  '/hidden-image.txt': { type: 'text/plain', body: PNG },
  '/paper.pdf': { type: 'application/pdf', body: '%PDF-1.7 ...' },
  '/paper.txt': { type: 'text/plain', body: '%PDF-1.7 ...' },
  '/program': { type: 'text/plain', body: new Uint8Array(500).map((_, index) => index % 256) },
  '/film': { type: 'video/mp4', body: 'x' },
  '/untyped.md': { body: '# Untyped' },
  '/untyped.html': { body: '<!DOCTYPE html><p>Untyped' },
  '/octets': { type: 'application/octet-stream', body: 'just text' },
  '/octets.bin': { type: 'application/octet-stream', body: new Uint8Array(10) },
  '/packed': {
    type: 'text/plain',
    headers: { 'content-encoding': 'gzip' },
    body: gzipSync(new Uint8Array(5_000_000).fill(0x61)),
  },
  '/moved': { body: '', status: 302, headers: { location: '/guide.md' } },
  '/away': { body: '', status: 302, headers: { location: 'http://169.254.169.254/' } },
  '/loop': { body: '', status: 302, headers: { location: '/loop' } },
  '/hostile': {
    type: 'text/markdown',
    body: '@https://inside.example/secret {{name}} ${env:KEY} </context> @/demo/mcp',
  },
};
for (const type of [
  'text/csv',
  'application/json',
  'application/problem+json',
  'application/yaml',
  'text/x-yaml',
  'application/xml',
  'application/atom+xml',
]) {
  pages[`/as/${type}`] = { type, body: 'as,it,is' };
}

const server = await loopbackServer((request, response) => {
  const page = pages[request.url ?? ''];
  if (page === undefined) return;
  const type = page.type === undefined ? {} : { 'content-type': page.type };
  response.writeHead(page.status ?? 200, { ...type, ...page.headers }).end(page.body);
});

const POLICY: UrlPolicy = {
  policy: 'mentions',
  max_urls: 10,
  max_bytes: 100_000,
  max_tokens: 50_000,
  timeout: 5,
  on_error: 'note',
  html: 'markdown',
  shadow: {},
};

const fetching = guardedFetch({
  allow: [server.place, '127.0.0.1:1'],
  transport: nodeNetwork(),
  maxBytes: 100_000,
  headTimeoutMs: 5000,
  idleTimeoutMs: 5000,
  totalTimeoutMs: 5000,
  hops: { get: 3, post: 0 },
});
const reader = references({
  fetch: fetching,
  origin: 'https://own.example',
  own: async (path) => (path === '/run1.md' ? { text: GUIDE, mediaType: 'text/markdown' } : null),
});

function read(path: string, policy: Partial<UrlPolicy> = {}, section?: string) {
  const url = path.startsWith('/') ? `${server.origin}${path}` : path;
  const reference = section === undefined ? { url } : { url, section };
  return reader.read(reference, { ...POLICY, ...policy }, new AbortController().signal);
}

async function textOf(
  path: string,
  policy: Partial<UrlPolicy> = {},
  section?: string,
): Promise<string> {
  const { parts } = await read(path, policy, section);
  return (parts ?? [])
    .map((part) => (part.type === 'text' ? part.text : part.image_url.url))
    .join('');
}

async function errorOf(path: string, policy: Partial<UrlPolicy> = {}, section?: string) {
  const { ok, error, parts } = await read(path, policy, section);
  expect([ok, parts]).toEqual([false, undefined]);
  return `${error?.code}: ${error?.message}`;
}

describe('references', () => {
  it('EG-13: a document is recorded with address, status, type, size, estimate and hash', async () => {
    expect(await read('/moved')).toEqual({
      url: `${server.origin}/moved`,
      ok: true,
      final_url: `${server.origin}/guide.md`,
      status: 200,
      media_type: 'text/markdown',
      bytes: GUIDE.length,
      tokens: Math.ceil(GUIDE.length / 4),
      sha256: createHash('sha256').update(GUIDE).digest('hex'),
      parts: [{ type: 'text', text: GUIDE }],
    });
  });

  it('URL-5: a host with a shadow is read from there, under the same rules, and the record says so', async () => {
    const shadow = { 'docs.example': server.place, 'evil.example': '127.0.0.1:9' };
    expect(await read('http://docs.example/guide.md', { shadow })).toMatchObject({
      url: 'http://docs.example/guide.md',
      ok: true,
      final_url: `${server.origin}/guide.md`,
    });
    expect(await errorOf('http://evil.example/guide.md', { shadow })).toContain('address_refused');
  });

  it('URL-5: HTML is given as it is where the prompt asks for that', async () => {
    const page =
      Object.keys(pages).find((path) => pages[path]?.type?.startsWith('text/html')) ?? '';
    expect(await textOf(page, { html: 'raw' })).toBe(pages[page]?.body);
    expect(await textOf(page)).not.toBe(pages[page]?.body);
  });

  it.each(Object.keys(pages).filter((path) => path.startsWith('/as/')))(
    'EG-14: %s is taken as it is',
    async (path) => {
      expect(await textOf(path)).toBe('as,it,is');
    },
  );

  it('EG-14: HTML becomes Markdown with absolute links', async () => {
    expect(await textOf('/page')).toBe(
      `# Page\n\nHello [next](${server.origin}/next)\n\n## Part\n\ntext`,
    );
    expect((await read('/page')).media_type).toBe('text/html');
  });

  it('EG-14: an image becomes an image part', async () => {
    const { parts, media_type, tokens } = await read('/image.png');
    const url = `data:image/png;base64,${btoa(String.fromCharCode(...PNG))}`;
    expect(parts).toEqual([{ type: 'image_url', image_url: { url } }]);
    expect([media_type, tokens]).toEqual(['image/png', 1000]);
    expect((await read('/image')).media_type).toBe('image/png');
  });

  it('EG-14: an empty document is a document', async () => {
    expect(await read('/empty')).toMatchObject({ ok: true, bytes: 0, tokens: 0 });
  });

  it('EG-15: text is decoded as it says, as it begins, or as UTF-8', async () => {
    expect(await textOf('/latin')).toBe('cé');
    expect(await textOf('/latin.html')).toBe('cé');
    expect(await textOf('/utf16')).toBe('hi');
    expect(await textOf('/odd-charset')).toBe('é');
  });

  it('EG-15: what a server leaves unsaid is found out', async () => {
    expect(await read('/untyped.md')).toMatchObject({ ok: true, media_type: 'text/markdown' });
    expect(await read('/untyped.html')).toMatchObject({ ok: true, media_type: 'text/html' });
    expect(await read('/octets')).toMatchObject({ ok: true, media_type: 'text/plain' });
  });

  it.each([
    ['/paper.pdf', 'application/pdf is not read'],
    ['/paper.txt', 'it says text/plain but is application/pdf'],
    ['/film', 'video/mp4 is not read'],
    ['/program', 'it says text/plain but is binary'],
    ['/hidden-image.txt', 'it says text/plain but is image/png'],
    ['/not-an-image.png', 'it says image/png but is not'],
    ['/octets.bin', 'binary data is not read'],
  ])('EG-15: %s gives a note: %s', async (path, message) => {
    expect(await errorOf(path)).toBe(`reference_failed: ${message}`);
  });

  it('EG-17: a document is cut at its bytes, visibly, and never inside a character', async () => {
    const { cut, bytes, parts } = await read('/euros', { max_bytes: 10 });
    expect({ cut, bytes, parts }).toEqual({
      cut: true,
      bytes: 10,
      parts: [{ type: 'text', text: '€€€\n\n[Cut here: only the first 10 bytes were read.]' }],
    });
    expect((await read('/euros', { max_bytes: 300 })).cut).toBeUndefined();
  });

  it('EG-17: a gzip bomb is cut, whichever limit it meets first', async () => {
    expect(await read('/packed', { max_bytes: 1000 })).toMatchObject({ cut: true, bytes: 1000 });
    expect(await read('/packed', { max_bytes: 100_000 })).toMatchObject({
      cut: true,
      bytes: 100_000,
    });
    expect(await read('/packed', { max_bytes: 9_000_000 })).toMatchObject({
      cut: true,
      bytes: 100_000,
    });
  });

  it('EG-17: a document is cut at its tokens', async () => {
    expect(await textOf('/guide.md', { max_tokens: 2 })).toBe(
      '# Guide\n\n\n[Cut here: about 2 tokens are the limit.]',
    );
  });

  it('EG-17: an image is whole or not there', async () => {
    expect(await errorOf('/image.png', { max_bytes: 11 })).toBe(
      'reference_failed: the image is larger than 11 bytes',
    );
  });

  it('EG-18: one section is taken', async () => {
    expect(await textOf('/guide.md', {}, 'install')).toBe('## Install\n\nRun it.');
    expect(await textOf('/page', {}, 'part')).toBe('## Part\n\ntext');
  });

  it('EG-18: a missing section names those there are', async () => {
    expect(await errorOf('/guide.md', {}, 'nope')).toBe(
      'reference_failed: there is no section "nope"; it has: Guide, Install, Use',
    );
    expect(await errorOf('/guide.md', { max_bytes: 12 }, 'use')).toContain(
      'in the part that was read',
    );
    expect(await errorOf('/as/application/json', {}, 'x')).toContain('only Markdown');
  });

  it('EG-19: what fails is a note in few words', async () => {
    expect(await errorOf('/missing')).toBe('reference_failed: 404');
    expect(await read('/failing')).toMatchObject({
      status: 503,
      error: { code: 'reference_failed', message: '503', detail: { status: 503 } },
    });
    expect(await errorOf('http://127.0.0.1:1/')).toBe('reference_failed: it could not be reached');
    expect(await errorOf('/loop')).toBe('reference_failed: it redirects too often');
    expect(await errorOf('/hanging', { timeout: 0.05 })).toBe(
      'reference_failed: it did not answer in time',
    );
    expect(await errorOf('/away')).toContain('address_refused: refused: 169.254.169.254');
    expect(await errorOf('http://localhost:9/')).toContain('EGRESS_ALLOW=localhost:9');
    expect(await errorOf('not a url')).toContain('address_refused: refused:');
  });

  it('EG-19: an abort is thrown, not noted', async () => {
    const controller = new AbortController();
    const reading = reader.read({ url: `${server.origin}/hanging` }, POLICY, controller.signal);
    controller.abort();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('EG-20: own paths and own URLs are read from storage, never over the network', async () => {
    const signal = new AbortController().signal;
    for (const url of ['/run1.md', 'https://own.example/run1.md']) {
      const document = await reader.read({ url, section: 'use' }, POLICY, signal);
      expect(document).toMatchObject({ ok: true, url, final_url: '/run1.md' });
      expect(document.parts).toEqual([{ type: 'text', text: '## Use\n\nUse it.' }]);
    }
    const nothing = await reader.read({ url: '/other' }, POLICY, signal);
    expect(nothing.error).toEqual({
      code: 'reference_failed',
      message: 'there is nothing at /other',
    });
    const alone = references({ fetch: fetching });
    expect((await alone.read({ url: '/run1.md' }, POLICY, signal)).ok).toBe(false);
  });

  it('EG-21: nothing inside a document is expanded or fetched', async () => {
    server.seen.length = 0;
    expect(await textOf('/hostile')).toBe(pages['/hostile']?.body);
    expect(server.seen.map(({ url }) => url)).toEqual(['/hostile']);
  });

  it('EG-21: no credential and no cookie is sent', async () => {
    server.seen.length = 0;
    await read('/guide.md');
    expect(server.seen[0]?.headers).not.toHaveProperty('cookie');
    expect(server.seen[0]?.headers).not.toHaveProperty('authorization');
    expect(server.seen[0]?.headers.accept).toContain('text/markdown');
  });
});

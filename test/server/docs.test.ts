/** What the server says about itself is true: every command that it shows works. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readApi } from '../../src/publish/docs/api.ts';
import { curlFor } from '../../src/publish/docs/curl.ts';
import { ask } from '../support/ask.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

let product: Product;
let folder: string;

beforeAll(async () => {
  product = await startProduct({ PUBLIC_URL: 'https://prompts.example' });
  folder = mkdtempSync(join(tmpdir(), 'docs-'));
});
afterAll(async () => {
  await product.stop();
  rmSync(folder, { recursive: true });
});

/** Runs what somebody would paste into a terminal; an answer that reports an error fails it. */
async function pasted(script: string, environment: Record<string, string> = {}): Promise<string> {
  const curl = `curl() { command curl --fail-with-body --silent --show-error --max-time 20 "$@"; }`;
  const { stdout } = await promisify(execFile)('sh', ['-ec', `${curl}\n${script}`], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  });
  return stdout;
}

async function text(path: string): Promise<string> {
  const response = await fetch(product.origin + path);
  expect(response.status).toBe(200);
  return response.text();
}

async function endedRun(): Promise<{ ID: string; OWNER_TOKEN: string }> {
  const created = await fetch(product.origin, { method: 'POST', body: 'Say hello.' });
  const { id, owner_token } = (await created.json()) as { id: string; owner_token: string };
  await fetch(`${product.origin}/${id}/events`).then((events) => events.text());
  return { ID: id, OWNER_TOKEN: owner_token };
}

describe('llms.txt', () => {
  it('holds commands that work one after the other, as they stand there', async () => {
    const blocks = [...(await text('/llms.txt')).matchAll(/^```sh\n([^]*?)^```$/gm)];
    expect(blocks.length).toBeGreaterThanOrEqual(6);
    const said = await pasted(blocks.map(([, block = '']) => block).join('\n'));
    expect(said).toContain('Hello!');
    expect(said).toContain('17 * 23 = 391');
    expect(said).toContain('"prompt_tokens"');
    expect(said).toContain('"object":"chat.completion"');
  });

  it('links to nothing that is not there', async () => {
    const links = [...(await text('/llms.txt')).matchAll(/\]\((http[^)]+)\)/g)];
    expect(links.length).toBeGreaterThan(8);
    for (const [, link = ''] of links) {
      expect(new URL(link).origin).toBe(product.origin);
      expect([link, (await fetch(link)).status]).toEqual([link, 200]);
    }
  });
});

describe('the documentation of the API', () => {
  it('holds commands that work as they stand there', async () => {
    const page = await text('/docs');
    const { operations } = readApi(JSON.parse(await text('/openapi.json')));
    const reader = { origin: product.origin, needsKey: false };
    const commands = operations.flatMap((operation) => curlFor(operation, reader) ?? []);
    expect(commands.length).toBeGreaterThan(20);
    for (const command of commands) {
      const shown = command
        .replaceAll('&', '&amp;')
        .replaceAll("'", '&#39;')
        .replaceAll('"', '&quot;');
      // What an operation shares with another one is shown at the other.
      if (!command.endsWith(`/runs'`)) expect(page).toContain(shown);
      const run = command.includes('$') ? await endedRun() : {};
      await expect(pasted(command, run), command).resolves.toBeDefined();
    }
  });

  it('is sent once: who has it already is told so', async () => {
    for (const path of [
      '/docs',
      '/docs/prompt-format',
      '/examples',
      '/llms.txt',
      '/openapi.json',
    ]) {
      const { headers } = await ask(product.origin + path);
      const etag = String(headers.etag);
      const again = await ask(product.origin + path, { headers: { 'if-none-match': etag } });
      expect([path, again.status, again.text]).toEqual([path, 304, '']);
      expect(again.headers['content-security-policy']).toContain("default-src 'none'");
    }
  });
});

describe('an example', () => {
  it('fills the editor as the own words of this server, and as Markdown is the document', async () => {
    const page = await text('/examples/dice');
    expect(page).toContain('Roll {{players}} dice');
    expect(page).not.toContain('name="suggested"');
    expect(await text('/examples/dice.md')).toMatch(/^---\ntitle: Roll for initiative\n/);
  });

  it.each(['/examples/nothing', '/examples/..%2fdice', '/examples/constructor', '/examples/.md'])(
    'that is none is not found: %s',
    async (path) => {
      expect((await ask(product.origin + path)).status).toBe(404);
    },
  );
});

describe('the badge', () => {
  it('may be shown by every page and kept, and is a document that may do nothing', async () => {
    const {
      status,
      headers,
      text: svg,
    } = await ask(`${product.origin}/badge.svg?text=Run%20%3Cit%3E`, {
      headers: { origin: 'https://blog.example', 'sec-fetch-site': 'cross-site' },
    });
    expect(status).toBe(200);
    expect(svg).toContain('<title>Run &lt;it&gt;</title>');
    expect(headers).toMatchObject({
      'content-type': 'image/svg+xml; charset=utf-8',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'public, max-age=86400',
      'x-content-type-options': 'nosniff',
    });
    const etag = String(headers.etag);
    const again = await ask(`${product.origin}/badge.svg?text=Run%20%3Cit%3E`, {
      headers: { 'if-none-match': etag },
    });
    expect(again.status).toBe(304);
  });
});

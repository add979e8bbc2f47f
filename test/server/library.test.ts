/** The example Worker of the library, in the real workerd, as somebody deploys it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WORKER_BUNDLE } from '../../scripts/bundle.ts';
import { COMPATIBILITY_DATE } from '../../scripts/workerd-config.ts';
import { keptFiles } from '../support/kept-files.ts';
import { libraryWorld, type LibraryWorld } from '../support/library-world.ts';
import { Browser } from '../support/login-product.ts';
import { answering, freePort } from '../support/peers.ts';

const root = new URL('../../', import.meta.url).pathname;
const example = join(root, 'examples/chat-with-tools');
const scratch = mkdtempSync(join(tmpdir(), 'markdownops-example-'));
const alice = { cookie: 'session=alice' };
const bob = { cookie: 'session=bob' };

let world: LibraryWorld;
let workerd: ChildProcess;
let origin = '';

beforeAll(async () => {
  world = await libraryWorld();
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  await build({
    ...WORKER_BUNDLE,
    absWorkingDir: root,
    entryPoints: [join(example, 'index.ts')],
    splitting: false,
    alias: { 'markdownops/proxy': join(root, 'src/proxy-workerd/index.ts') },
    outfile: join(scratch, 'index.js'),
  });
  mkdirSync(join(scratch, 'objects'));
  writeFileSync(join(scratch, 'workerd.capnp'), configOf(port));
  const { default: binary } = createRequire(import.meta.url)('workerd') as { default: string };
  workerd = spawn(binary, ['serve', join(scratch, 'workerd.capnp')], { stdio: 'inherit' });
  await answering(port);
});

afterAll(async () => {
  const ended = new Promise((resolve) => workerd.once('exit', resolve));
  workerd.kill('SIGKILL');
  await ended;
  await world[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

/** What wrangler makes of the example's configuration, with settings of its own. */
function configOf(port: number): string {
  const settings = {
    VAULT_KEY: 'a-vault-key-of-tests-that-is-long-enough',
    OPENAI_API_KEY: 'model-key',
    OPENAI_BASE_URL: world.chat.baseUrl,
    TOOL_SERVER: world.tools.url,
    ALLOW_LOCAL: world.allowLocal.join(','),
  };
  const bindings = Object.entries(settings).map(
    ([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)}),`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private"])),
    (name = "objects", disk = (path = ${JSON.stringify(join(scratch, 'objects'))}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "index.js", esModule = embed "index.js")],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  globalOutbound = "internet",
  durableObjectNamespaces = [(className = "MCPProviders", uniqueKey = "providers", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
  bindings = [
    (name = "MCPProviders", durableObjectNamespace = "MCPProviders"),
    ${bindings.join('\n    ')}
  ],
);
`;
}

/** Asks the example, and gives its stream as it comes. */
async function asking(headers: Record<string, string>) {
  const response = await fetch(origin, { method: 'POST', body: 'What is 17 * 23?', headers });
  expect(response.status).toBe(200);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    /** What came until this was in it, or until the end. */
    until: async (pattern: RegExp): Promise<RegExpExecArray> => {
      for (;;) {
        const found = pattern.exec(text);
        if (found !== null) return found;
        const part = await reader?.read();
        if (part?.value === undefined) throw new Error(`ended without ${pattern}: ${text}`);
        text += part.value;
      }
    },
  };
}

const LINK = /"login_url":"[^"]*(\/connect\/[0-9A-Za-z]{24})"/;

describe('the example', () => {
  it('has less than forty lines, and a configuration that binds the Durable Object', () => {
    const lines = readFileSync(join(example, 'index.ts'), 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeLessThan(40);
    const wrangler = readFileSync(join(example, 'wrangler.toml'), 'utf8');
    expect(wrangler).toContain('new_sqlite_classes = ["MCPProviders"]');
    expect(wrangler).toContain('name = "MCPProviders"');
  });

  it('streams a login link, and goes on by itself once its user has logged in', async () => {
    const stream = await asking(alice);
    const [, link = ''] = await stream.until(LINK);
    const stranger = new Browser(origin, bob);
    expect((await stranger.open(link)).status, 'somebody else').toBe(403);
    expect((await stranger.submit(link)).status).toBe(403);
    expect((await new Browser(origin).open(link)).status, 'nobody').toBe(403);
    expect(world.auth.count('/authorize')).toBe(0);

    const browser = new Browser(origin, alice);
    const page = await browser.open(link);
    expect([page.status, page.text.includes('Chat with tools')]).toEqual([200, true]);
    const begun = await browser.submit(link);
    const back = await world.auth.visit(String(begun.headers.location));
    const cookie = [...browser.cookies, alice.cookie].join('; ');
    const returned = await browser.send(`/connect/callback?${back.toString()}`, {
      headers: { cookie },
    });
    expect(returned.headers.location).toBe(link);
    expect((await browser.open(link)).text).toContain('You are logged in');
    await stream.until(/391/);
  });

  it('uses the login from then on, for that user alone', async () => {
    await (await asking(alice)).until(/391/);
    const before = world.tools.seen.length;
    await (await asking(bob)).until(LINK);
    // The other user's connection may still say goodbye.
    const asked = world.tools.seen.slice(before).filter(({ method }) => method === 'POST');
    expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(new Set([undefined]));
  });

  it('writes nothing that an authorization server gave to disk', () => {
    const files = keptFiles(join(scratch, 'objects'));
    expect(files.length).toBeGreaterThan(0);
    expect(world.auth.secrets.length).toBeGreaterThan(1);
    for (const secret of world.auth.secrets) expect(files.join('')).not.toContain(secret);
  });
});

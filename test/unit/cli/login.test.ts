import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test, vi } from 'vitest';

import { calls, chatServer, says } from '../../support/chat-server.ts';
import { browse, loginPeer, type LoginPeer } from '../../support/login-peer.ts';
import { folder, Mdops, mdops } from '../../support/mdops.ts';

// Every command line is a process of its own, and a busy machine starts them slowly.
vi.setConfig({ testTimeout: 60_000 });

const LINK = /http:\/\/127\.0\.0\.1:\d+\/connect\/[\w-]+/;

/** A home for logins, and the environment of command lines that use it. */
async function home(peer: LoginPeer, more: Record<string, string> = {}) {
  const files = await folder({});
  const path = join(files.path, 'home');
  const env = { MDOPS_HOME: path, EGRESS_ALLOW: peer.host, ...more };
  return { path, env, [Symbol.asyncDispose]: () => files[Symbol.asyncDispose]() };
}

/** A prompt with the protected tools. */
function prompt(peer: LoginPeer, more = ''): string {
  return `---\nmcp: ${peer.mcp}\n${more}---\nWhat is 17 * 23?`;
}

async function loggedIn(peer: LoginPeer, env: Record<string, string>): Promise<void> {
  const running = new Mdops(['login', peer.mcp], { env });
  await browse(await running.asks(LINK));
  expect((await running.finished()).code).toBe(0);
}

describe('mdops login', () => {
  test('prints a link, waits for the browser, and keeps the login sealed', async () => {
    await using peer = await loginPeer();
    await using place = await home(peer);
    const running = new Mdops(['login', peer.mcp], { env: place.env });
    const last = await browse(await running.asks(LINK));
    expect(last.status).toBe(200);
    expect(last.text).toContain('You can close this window.');
    const done = await running.finished();
    expect(done).toMatchObject({ code: 0, stdout: `Logged in to ${peer.host}: 4 tools.\n` });
    expect(done.stderr).toContain(`You log in at ${peer.host}`);
    expect(done.stderr).toContain('tools.read');
    expect(peer.grants).toEqual(['authorization_code']);
    const rows = await readdir(join(place.path, 'logins'));
    const texts = await Promise.all(rows.map((name) => readFile(join(place.path, 'logins', name), 'utf8')));
    expect(texts.join('')).not.toMatch(/access-|refresh-/);
  });
});

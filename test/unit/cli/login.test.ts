import { chmod, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test, vi } from 'vitest';

import { browse, demoTools } from '../../support/login-peer.ts';
import { LINK, loggedIn, loginPlace } from '../../support/login-place.ts';
import { Mdops, mdops } from '../../support/mdops.ts';
import { httpPeer } from '../../support/peers.ts';

// Every command line is a process of its own, and a busy machine starts them slowly.
vi.setConfig({ testTimeout: 180_000 });

describe('mdops login', () => {
  test('prints a link, waits for the browser, and keeps the login sealed', async () => {
    await using place = await loginPlace();
    const { login, tools } = place.peer;
    const running = new Mdops(['login', tools.url], { env: place.env });
    const last = await browse(await running.asks(LINK));
    expect(last.status).toBe(200);
    expect(last.text).toContain('You can close this window.');
    const done = await running.finished();
    expect(done).toMatchObject({ code: 0, stdout: `Logged in to ${tools.host}: 4 tools.\n` });
    expect(done.stderr).toContain(`You log in at ${login.host}`);
    expect(done.stderr).toContain('tools.read');
    const rows = await readdir(join(place.home, 'logins'));
    const texts = await Promise.all(
      rows.map((name) => readFile(join(place.home, 'logins', name), 'utf8')),
    );
    const all = texts.join('') + done.stdout + done.stderr + last.text;
    expect(login.secrets.length).toBeGreaterThan(2);
    expect(login.secrets.filter((secret) => all.includes(secret))).toEqual([]);
  });

  test('says that there is a login already, and asks nobody', async () => {
    await using place = await loginPlace();
    await loggedIn(place);
    const done = await mdops(['login', place.peer.tools.url], { env: place.env });
    const { host } = place.peer.tools;
    const stdout = `You are logged in to ${host} already: 4 tools.\n`;
    expect(done).toEqual({ code: 0, stdout, stderr: '' });
  });

  test('a server that needs no login says so, and nothing is kept', async () => {
    await using place = await loginPlace();
    const open = await httpPeer(demoTools);
    const args = ['login', `${open.origin}/mcp`, '--allow', open.host];
    expect(await mdops(args, { env: place.env })).toEqual({
      code: 0,
      stdout: `${open.host} needs no login: 4 tools.\n`,
      stderr: '',
    });
    await expect(readdir(place.home)).rejects.toThrow('ENOENT');
    await open.stop();
  });

  test('a person who declines ends it', async () => {
    await using place = await loginPlace({ denies: 'access_denied' });
    const running = new Mdops(['login', place.peer.tools.url], { env: place.env });
    const last = await browse(await running.asks(LINK));
    expect(last).toMatchObject({ status: 403 });
    const done = await running.finished();
    expect(done).toMatchObject({ code: 4, stdout: '' });
    expect(done.stderr).toContain('error login_denied');
  });

  test('Ctrl-C ends the waiting', async () => {
    await using place = await loginPlace();
    const running = new Mdops(['login', place.peer.tools.url], { env: place.env });
    await running.asks(LINK);
    running.process.kill('SIGINT');
    expect(await running.finished()).toMatchObject({ code: 5, stdout: '' });
  });

  test('a server whose login cannot be used is said to be one', async () => {
    const metadata = { code_challenge_methods_supported: ['plain'] };
    await using place = await loginPlace({ metadata });
    const done = await mdops(['login', place.peer.tools.url], { env: place.env });
    expect(done).toMatchObject({ code: 1, stdout: '' });
    expect(done.stderr).toMatch(/^error login_unavailable /);
  });

  test('an address that is no tool server, or answers nothing, is its fault', async () => {
    await using place = await loginPlace();
    const web = await httpPeer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    });
    const page = await mdops(['login', web.origin, '--allow', web.host], { env: place.env });
    expect(page).toMatchObject({ code: 1, stdout: '' });
    expect(page.stderr).toMatch(/^error server_not_mcp /);
    await web.stop();
    const gone = await mdops(['login', web.origin, '--allow', web.host], { env: place.env });
    expect(gone.stderr).toMatch(/^error server_unreachable /);
    const inside = await mdops(['login', 'http://127.0.0.1:9/mcp'], { env: place.env });
    expect(inside.stderr).toMatch(/^error address_refused /);
  });

  test.each([
    [[], 'Name one tool server by its URL, or a MarkdownOps server with --server.'],
    [['x'], '`x` is not an http or https URL.'],
    [['https://a.example', '--open', '--no-open'], '`--open` does not go with `--no-open`.'],
    [['https://a.example', '--key', 'k'], '`--key` is for a server with `--remote`.'],
  ])('mdops login %j is a wrong command line', async (args, line) => {
    const done = await mdops(['login', ...args]);
    expect(done).toEqual({ code: 2, stdout: '', stderr: `mdops: ${line}\n` });
  });

  test('a home that others may enter is refused before anything is asked', async () => {
    await using place = await loginPlace();
    await mkdir(place.home, { mode: 0o755 });
    await chmod(place.home, 0o755);
    const done = await mdops(['login', place.peer.tools.url], { env: place.env });
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toContain(`chmod 700 ${place.home}`);
    expect(place.peer.tools.seen).toEqual([]);
  });
});

describe('the page of a login', () => {
  test('says what will happen, and opening it begins nothing', async () => {
    await using place = await loginPlace();
    const { login, tools } = place.peer;
    const running = new Mdops(['login', tools.url], { env: place.env });
    const link = await running.asks(LINK);
    const page = await fetch(link);
    const text = await page.text();
    for (const said of [tools.url, login.host, 'tools.read']) expect(text).toContain(said);
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(await (await fetch(link)).text()).toBe(text);
    expect(login.count('/register') + login.count('/authorize')).toBe(0);
    running.process.kill('SIGINT');
    await running.finished();
  });

  test('begins nothing for a form of another site or under another name', async () => {
    await using place = await loginPlace();
    const running = new Mdops(['login', place.peer.tools.url], { env: place.env });
    const link = await running.asks(LINK);
    const refused = [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'same-site', origin: new URL(link).origin },
      { 'sec-fetch-site': 'cross-site' },
      {},
    ];
    for (const headers of refused) {
      const answer = await fetch(link, { method: 'POST', headers, redirect: 'manual' });
      expect(answer.status).toBe(403);
    }
    const renamed = await fetch(link.replace('127.0.0.1', 'localhost'));
    expect(renamed.status).toBe(403);
    const unknown = await fetch(new URL('/connect/nothing', link));
    expect(unknown.status).toBe(404);
    expect(place.peer.login.count('/register')).toBe(0);
    running.process.kill('SIGINT');
    await running.finished();
  });

  test('an answer that another browser brings is not taken, and the link still works', async () => {
    await using place = await loginPlace();
    const running = new Mdops(['login', place.peer.tools.url], { env: place.env });
    const link = await running.asks(LINK);
    const headers = { origin: new URL(link).origin };
    const pressed = await fetch(link, { method: 'POST', headers, redirect: 'manual' });
    const asked = await fetch(pressed.headers.get('location') ?? '', { redirect: 'manual' });
    const foreign = await fetch(asked.headers.get('location') ?? '');
    expect(foreign.status).toBe(400);
    expect(await foreign.text()).toContain('Open the link again');
    expect(place.peer.login.count('/token')).toBe(0);
    expect(await browse(link)).toMatchObject({ status: 200 });
    expect(await running.finished()).toMatchObject({ code: 0 });
    await expect(fetch(link)).rejects.toThrow('fetch failed');
  });
});

describe('mdops connections and mdops logout', () => {
  test('without logins there is nothing to list, and nothing is made', async () => {
    await using place = await loginPlace();
    const { env } = place;
    const listed = await mdops(['connections'], { env });
    expect(listed).toEqual({
      code: 0,
      stdout: 'There are no logins. `mdops login URL` makes one.\n',
      stderr: '',
    });
    expect(await mdops(['connections', '--json'], { env })).toMatchObject({ stdout: '[]\n' });
    const out = await mdops(['logout', place.peer.tools.url], { env });
    expect(out).toMatchObject({ code: 2, stdout: '' });
    expect(out.stderr).toContain('There is no login for');
    await expect(readdir(place.home)).rejects.toThrow('ENOENT');
  });

  test('list the logins without their secrets, and end them at both ends', async () => {
    await using place = await loginPlace();
    const { login, tools } = place.peer;
    const { env } = place;
    await loggedIn(place);
    await loggedIn(place, ['--profile', 'work']);
    const table = await mdops(['connections'], { env });
    expect(table.stdout.split('\n')).toHaveLength(4);
    expect(table.stdout).toContain(tools.url);
    const { stdout } = await mdops(['connections', '--json'], { env });
    const known = { server_url: tools.url, issuer: login.issuer, scope: 'tools.read' };
    expect(JSON.parse(stdout)).toMatchObject([
      { ...known, profile: 'default', can_refresh: true },
      { ...known, profile: 'work', can_refresh: true },
    ]);
    expect(stdout.match(/"(?:created|expires)_at": "20\d\d-\S+Z"/g)).toHaveLength(4);
    const shown = table.stdout + stdout;
    expect(login.secrets.filter((secret) => shown.includes(secret))).toEqual([]);

    const gone = await mdops(['logout', tools.url, '--profile', 'work'], { env });
    expect(gone).toEqual({
      code: 0,
      stdout: `Logged out of ${tools.url} (profile work).\n`,
      stderr: '',
    });
    expect(login.count('/revoke')).toBeGreaterThan(0);
    const [left] = JSON.parse((await mdops(['connections', '--json'], { env })).stdout) as {
      id: string;
      profile: string;
    }[];
    expect(left?.profile).toBe('default');
    expect((await mdops(['logout', left?.id ?? ''], { env })).code).toBe(0);
    expect((await mdops(['connections'], { env })).stdout).toBe(
      'There are no logins. `mdops login URL` makes one.\n',
    );
  });
});

describe('an authorization server where nobody can register', () => {
  test('takes the client of LOGIN_CLIENTS, whose secret is never shown', async () => {
    await using place = await loginPlace({ metadata: { registration_endpoint: undefined } });
    const { login, tools } = place.peer;
    const refused = await mdops(['login', tools.url], { env: place.env });
    expect(refused.stderr).toMatch(/^error login_unavailable /);
    const client = { issuer: login.issuer, client_id: 'mine', client_secret: 'hidden-secret' };
    const env = { ...place.env, LOGIN_CLIENTS: JSON.stringify([client]) };
    const running = new Mdops(['login', tools.url], { env });
    await browse(await running.asks(LINK));
    const done = await running.finished();
    expect(done.code).toBe(0);
    expect(login.count('/register')).toBe(0);
    expect(login.requests('/authorize')[0]?.query.get('client_id')).toBe('mine');
    expect(done.stdout + done.stderr).not.toContain('hidden-secret');
  });

  test.each(['x', '{}', '[{"issuer":"https://a.example"}]', '["secret"]'])(
    'LOGIN_CLIENTS=%s is refused without repeating it',
    async (text) => {
      await using place = await loginPlace();
      const env = { ...place.env, LOGIN_CLIENTS: text };
      const done = await mdops(['login', place.peer.tools.url], { env });
      expect(done).toMatchObject({ code: 2, stdout: '' });
      expect(done.stderr).toMatch(/^mdops: LOGIN_CLIENTS must be a JSON list/);
    },
  );
});

import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, test, vi } from 'vitest';

import { calls, chatServer, says } from '../../support/chat-server.ts';
import { browse } from '../../support/login-peer.ts';
import { LINK, loggedIn, loginPlace, type LoginPlace } from '../../support/login-place.ts';
import { Mdops, mdops } from '../../support/mdops.ts';

// Every command line is a process of its own, and a busy machine starts them slowly.
vi.setConfig({ testTimeout: 180_000 });

/** A model that uses the protected calculator once. */
function calculating() {
  return chatServer(calls('calculate', { expression: '17 * 23' }), says('It is 391.'));
}

/** A prompt with the protected tools, and settings on lines of their own. */
function prompt({ peer }: LoginPlace, ...settings: readonly string[]): string {
  return ['---', `mcp: ${peer.tools.url}`, ...settings, '---', 'What is 17 * 23?'].join('\n');
}

describe('a run whose tool server wants a login', () => {
  test('waits for it and goes on by itself', async () => {
    await using place = await loginPlace();
    await using model = await calculating();
    const env = { ...place.env, OPENAI_BASE_URL: model.baseUrl };
    const running = new Mdops(['run', '--wait-login'], { env, stdin: prompt(place) });
    const link = await running.asks(LINK);
    expect(model.asked).toEqual([]);
    expect(await browse(link)).toMatchObject({ status: 200 });
    const done = await running.finished();
    expect(done).toMatchObject({ code: 0, stdout: 'It is 391.\n' });
    expect(done.stderr.match(new RegExp(LINK, 'g'))).toHaveLength(1);
    const said = done.stdout + done.stderr + JSON.stringify(model.asked);
    expect(place.peer.login.secrets.filter((secret) => said.includes(secret))).toEqual([]);
  });

  test('uses the login that is there, and the run as JSON has nothing secret', async () => {
    await using place = await loginPlace();
    await loggedIn(place);
    await using model = await calculating();
    const env = { ...place.env, OPENAI_BASE_URL: model.baseUrl };
    const done = await mdops(['run', '--json'], { env, stdin: prompt(place) });
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(done.stdout)).toMatchObject({ status: 'completed', output: 'It is 391.' });
    expect(place.peer.login.secrets.filter((secret) => done.stdout.includes(secret))).toEqual([]);
  });

  test('where nobody watches says how to log in first, and exits with 4', async () => {
    await using place = await loginPlace();
    const { env } = place;
    const done = await mdops(['run'], { env, stdin: prompt(place, 'profile: work') });
    expect(done).toMatchObject({ code: 4, stdout: '' });
    expect(done.stderr).toContain(`mdops login ${place.peer.tools.url} --profile work\n`);
    expect(done.stderr).toContain('error login_required');
    expect(done.stderr).toContain('`authorization:`');
    expect(done.stderr).not.toMatch(LINK);
  });

  test.each(['fail', 'link'])('with `on_auth: %s` does not wait', async (on_auth) => {
    await using place = await loginPlace();
    const stdin = prompt(place, `on_auth: ${on_auth}`);
    const done = await mdops(['run', '--wait-login'], { env: place.env, stdin });
    expect(done).toMatchObject({ code: 4, stdout: '' });
    expect(done.stderr).toContain('error login_required');
    expect(done.stderr).not.toMatch(LINK);
  });

  test('a login of another profile is not used', async () => {
    await using place = await loginPlace();
    await loggedIn(place);
    const stdin = prompt(place, 'profile: other');
    expect((await mdops(['run'], { env: place.env, stdin })).code).toBe(4);
  });

  test('a person who declines ends the run', async () => {
    await using place = await loginPlace({ denies: 'access_denied' });
    const running = new Mdops(['run', '--wait-login'], { env: place.env, stdin: prompt(place) });
    await browse(await running.asks(LINK));
    const done = await running.finished();
    expect(done).toMatchObject({ code: 4, stdout: '' });
    expect(done.stderr).toContain('error login_denied');
  });

  test('Ctrl-C ends the waiting', async () => {
    await using place = await loginPlace();
    const running = new Mdops(['run', '--wait-login'], { env: place.env, stdin: prompt(place) });
    await running.asks(LINK);
    running.process.kill('SIGINT');
    const done = await running.finished();
    expect(done).toMatchObject({ code: 5, stdout: '' });
  });

  test('a login that was ended elsewhere is asked for again', async () => {
    await using place = await loginPlace();
    await loggedIn(place);
    place.peer.login.expireAll();
    await using model = await calculating();
    const env = { ...place.env, OPENAI_BASE_URL: model.baseUrl };
    const running = new Mdops(['run', '--wait-login'], { env, stdin: prompt(place) });
    await browse(await running.asks(LINK));
    expect(await running.finished()).toMatchObject({ code: 0, stdout: 'It is 391.\n' });
  });

  test('two servers are two links, and both are needed', async () => {
    await using place = await loginPlace();
    await using other = await loginPlace();
    const EGRESS_ALLOW = `${place.peer.allow},${other.peer.allow}`;
    const env = { ...place.env, EGRESS_ALLOW };
    const stdin = `---\nmcp:\n  - ${place.peer.tools.url}\n  - ${other.peer.tools.url}\n---\nHi.`;
    const running = new Mdops(['run', '--wait-login'], { env, stdin });
    const both = await running.asks(/connect\/[^]*(http:\S+connect\/)/);
    expect(both).toBeTruthy();
    const all = new RegExp(LINK, 'g');
    const links = [...new Set(running.said().match(all))];
    expect(links).toHaveLength(2);
    for (const link of links) expect(await browse(link)).toMatchObject({ status: 200 });
    expect((await running.finished()).code).toBe(0);
  });
});

test('a file of logins that others may read is said, and the run ends', async () => {
  await using place = await loginPlace();
  await loggedIn(place);
  const rows = join(place.home, 'logins');
  const name = (await readdir(rows)).find((file) => file.startsWith('grant-')) ?? '';
  await chmod(join(rows, name), 0o644);
  const done = await mdops(['run'], { env: place.env, stdin: prompt(place) });
  expect(done).toMatchObject({ code: 1, stdout: '' });
  expect(done.stderr).toContain(`error login_unavailable Others may use`);
  expect(done.stderr).toContain(`chmod 600 ${join(rows, name)}`);
});

describe('many processes with one login', () => {
  test('refresh it once', async () => {
    await using place = await loginPlace({ expiresIn: 2 });
    const { login } = place.peer;
    await loggedIn(place);
    await sleep(1500);
    login.behaviour.expiresIn = 3600;
    login.behaviour.tokenDelay = 3000;
    const stdin = prompt(place);
    const all = await Promise.all(
      Array.from({ length: 4 }, () => mdops(['run'], { env: place.env, stdin })),
    );
    expect(all.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      all.map(() => ({ code: 0, stderr: '' })),
    );
    expect(login.count('/token', 'refresh_token')).toBe(1);
  });

  test('go on when the one that refreshed was killed', async () => {
    await using place = await loginPlace({ expiresIn: 2, rotates: false });
    const { login } = place.peer;
    await loggedIn(place);
    await sleep(1500);
    login.behaviour.tokenDelay = 60_000;
    const killed = new Mdops(['run'], { env: place.env, stdin: prompt(place) });
    while (login.count('/token', 'refresh_token') === 0) await sleep(10);
    killed.process.kill('SIGKILL');
    await killed.finished();
    Object.assign(login.behaviour, { tokenDelay: 0, expiresIn: 3600 });
    const next = await mdops(['run'], { env: place.env, stdin: prompt(place) });
    expect(next).toMatchObject({ code: 0, stderr: '' });
  });
});

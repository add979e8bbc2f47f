import { describe, expect, test, vi } from 'vitest';

import { Mdops, mdops } from '../../support/mdops.ts';
import { ACCEPTED, json, runServer, stream, type Routes } from '../../support/run-server.ts';

// Every command line is a process of its own, and a busy machine starts them slowly.
vi.setConfig({ testTimeout: 180_000 });

const START = {
  seq: 1,
  at: 1,
  type: 'run-start',
  id: 'ID',
  request: { servers: [], output: { format: 'markdown' } },
};
const LOGIN = {
  seq: 2,
  at: 2,
  type: 'action-required',
  action_id: 'NONCE',
  connect_url: 'https://prompts.example/connect/NONCE',
  expires_at: 9,
  action: { kind: 'authorization', server: 'shop', url: 'https://shop.example/mcp' },
};
const QUESTION = {
  ...LOGIN,
  connect_url: undefined,
  action: {
    kind: 'elicitation',
    server: 'shop',
    call_id: 'c',
    mode: 'form',
    message: 'Size?',
    schema: { type: 'object', properties: { size: { type: 'string' } } },
  },
};
const TEXT = [
  { seq: 3, at: 3, type: 'step-start', step: 1, attempt: 1, provider: 'p', model: 'm' },
  { seq: 4, at: 4, type: 'text-delta', step: 1, text: 'Done.' },
];
const RESOLVED = { seq: 5, at: 5, type: 'action-resolved', action_id: 'NONCE', outcome: 'done' };
const COMPLETED = { seq: 6, at: 6, type: 'run-end', status: 'completed', stop_reason: 'stop' };

function running(events: readonly { seq: number }[], ends = true): Routes {
  return {
    'POST /': json(201, ACCEPTED),
    'GET /ID/events': stream(events, Infinity, ends),
    'GET /ID.txt': (response) => response.end('Done.\n'),
    'POST /ID/actions/NONCE': json(200, {}),
    'POST /ID/cancel': json(200, {}),
  };
}

describe('a run on a server that waits for a login', () => {
  test('shows the link of the server and goes on when it is done', async () => {
    await using server = await runServer(running([START, LOGIN, ...TEXT, RESOLVED, COMPLETED]));
    const args = ['run', '--remote', server.url, '--wait', '--wait-login'];
    const done = await mdops(args, { stdin: 'Hi.' });
    expect(done).toEqual({
      code: 0,
      stdout: 'Done.\n',
      stderr:
        'login shop (shop.example) wants a login. Log in here:\n  https://prompts.example/connect/NONCE\n',
    });
  });

  test('where nobody watches it is left to itself, with exit code 4', async () => {
    await using server = await runServer(running([START, LOGIN], false));
    const done = await mdops(['run', '--remote', server.url, '--wait'], { stdin: 'Hi.' });
    expect(done).toMatchObject({ code: 4, stdout: '' });
    expect(done.stderr).toContain('https://prompts.example/connect/NONCE\n');
    expect(done.stderr).toContain('https://prompts.example/ID\n');
    expect(server.seen.map(({ line }) => line)).not.toContain('POST /ID/cancel');
  });

  test('a link that is no web address is not shown; the usual one is', async () => {
    const odd = { ...LOGIN, connect_url: 'javascript:alert(1)' };
    await using server = await runServer(running([START, odd, RESOLVED, COMPLETED]));
    const args = ['run', '--remote', server.url, '--wait', '--wait-login', '--no-open'];
    const { stderr } = await mdops(args, { stdin: 'Hi.' });
    expect(stderr).toContain('https://prompts.example/connect/NONCE');
    expect(stderr).not.toContain('javascript');
  });

  test('Ctrl-C while it waits cancels it', async () => {
    await using server = await runServer(running([START, LOGIN], false));
    const args = ['run', '--remote', server.url, '--wait', '--wait-login'];
    const waiting = new Mdops(args, { stdin: 'Hi.' });
    await waiting.asks(/connect\/NONCE/);
    waiting.process.kill('SIGINT');
    expect(await waiting.finished()).toMatchObject({ code: 5 });
    expect(server.seen.at(-1)).toMatchObject({ line: 'POST /ID/cancel' });
  });

  test('a question of a tool is declined where nobody can answer', async () => {
    const events: { seq: number }[] = [START, QUESTION];
    await using server = await runServer({
      ...running(events),
      'POST /ID/actions/NONCE': (response) => {
        events.push(RESOLVED, COMPLETED);
        json(200, {})(response);
      },
    });
    const done = await mdops(['run', '--remote', server.url, '--wait'], { stdin: 'Hi.' });
    expect(done.code).toBe(0);
    const answer = server.seen.find(({ line }) => line === 'POST /ID/actions/NONCE');
    expect(answer).toMatchObject({ authorization: 'Bearer token', body: '{"action":"decline"}' });
  });
});

const SHOP = {
  id: 'one',
  object: 'connection',
  server_url: 'https://shop.example/mcp',
  profile: 'default',
  user: '',
  issuer: 'https://login.example',
  scope: 'buy',
  created_at: '2026-01-02T03:04:05.000Z',
  expires_at: null,
  can_refresh: false,
};
const LINK = {
  id: 'NONCE',
  object: 'login',
  connect_url: 'https://prompts.example/connect/NONCE',
  expires_at: '2026-01-03T03:04:05.000Z',
};

describe('logins that a server keeps', () => {
  test('mdops login asks for a link, shows it, and ends when the login is listed', async () => {
    let asked = 0;
    await using server = await runServer({
      'GET /connections': (response) => {
        asked += 1;
        if (asked === 2) return void response.writeHead(500).end('no');
        json(200, { object: 'list', data: asked > 2 ? [SHOP] : [] })(response);
      },
      'POST /connections': json(201, LINK),
    });
    const args = ['login', SHOP.server_url, '--remote', server.url, '--key', 'k'];
    const done = await mdops(args);
    expect(done).toMatchObject({ code: 0, stdout: 'Logged in to shop.example.\n' });
    expect(done.stderr).toContain(`\n  ${LINK.connect_url}\n`);
    const posted = server.seen.find(({ line }) => line === 'POST /connections');
    expect(posted).toMatchObject({ authorization: 'Bearer k' });
    expect(JSON.parse(posted?.body ?? '')).toEqual({ url: SHOP.server_url, profile: 'default' });
  });

  test('mdops connections lists them, and mdops logout ends one', async () => {
    await using server = await runServer({
      'GET /connections': json(200, { object: 'list', data: [SHOP] }),
      'DELETE /connections/one': (response) => response.writeHead(204).end(),
    });
    const listed = await mdops(['connections', '--json', '--remote', server.url]);
    const { object: _object, user: _user, ...shown } = SHOP;
    expect(JSON.parse(listed.stdout)).toEqual([shown]);
    const out = await mdops(['logout', SHOP.server_url, '--remote', server.url]);
    expect(out).toEqual({ code: 0, stdout: `Logged out of ${SHOP.server_url}.\n`, stderr: '' });
    expect(server.seen.at(-1)?.line).toBe('DELETE /connections/one');
  });

  test('a server that wants to know who asks says so', async () => {
    const error = { code: 'unauthorized', message: 'Logins belong to somebody: sign in.' };
    await using server = await runServer({ 'GET /connections': json(401, { error }) });
    const done = await mdops(['connections', '--remote', server.url]);
    const stderr = 'error unauthorized Logins belong to somebody: sign in.\n';
    expect(done).toEqual({ code: 4, stdout: '', stderr });
  });
});

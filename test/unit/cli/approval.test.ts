/** Calls that want approval, from the command line. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { calls, chatServer, says } from '../../support/chat-server.ts';
import { folder, mdops } from '../../support/mdops.ts';
import { everythingPeer, type Peer } from '../../support/peers.ts';
import { ACCEPTED, json, runServer, stream } from '../../support/run-server.ts';

// Every command line is a process of its own, and a busy machine starts them slowly.
vi.setConfig({ testTimeout: 180_000 });

const ENTRY = fileURLToPath(new URL('../../../src/cli/mdops.ts', import.meta.url));
/** Gives a program a real terminal; only the one of util-linux takes these options. */
const SCRIPT = '/usr/bin/script';

let tools: Peer;
beforeAll(async () => {
  tools = await everythingPeer();
});
afterAll(() => tools.stop());

/** A prompt whose model calls one tool that wants approval, and then says what it was told. */
async function place(args = { message: 'hi\u202e' }) {
  const model = await chatServer(calls('echo', args), says('Done.'));
  const prompt = `---\nmcp: ${tools.origin}/mcp\nrequire_approval: always\n---\nSay hi.`;
  const files = await folder({ 'p.md': prompt });
  const env = {
    MDOPS_HOME: join(files.path, 'home'),
    EGRESS_ALLOW: tools.host,
    OPENAI_BASE_URL: model.baseUrl,
  };
  const told = () =>
    JSON.stringify(model.asked[1]?.body.messages.findLast(({ role }) => role === 'tool')?.content);
  return {
    env,
    told,
    path: join(files.path, 'p.md'),
    async [Symbol.asyncDispose]() {
      await model[Symbol.asyncDispose]();
      await files[Symbol.asyncDispose]();
    },
  };
}

describe('without a terminal', () => {
  test('nobody is asked: the run ends with exit code 4 and says what to do', async () => {
    await using here = await place();
    const { code, stderr } = await mdops(['run', here.path], here);
    expect(code).toBe(4);
    expect(stderr).toMatch(/echo of \S+ wants approval.*--approve/s);
    expect(here.told()).toBeUndefined();
  });

  test.each([
    ['all', 'Echo: hi'],
    ['other, echo', 'Echo: hi'],
    ['none', 'did not allow'],
    ['other', 'did not allow'],
  ])('--approve %s says it beforehand', async (said, told) => {
    await using here = await place();
    const { code, stdout } = await mdops(['run', here.path, '--approve', said], here);
    expect([code, stdout.trim()]).toEqual([0, 'Done.']);
    expect(here.told()).toContain(told);
  });

  test.each(['all,echo', ',', ''])('--approve %j is a mistake', async (said) => {
    await using here = await place();
    const { code, stderr } = await mdops(['run', here.path, `--approve=${said}`], here);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--approve')]);
  });
});

describe.skipIf(process.platform !== 'linux' || !existsSync(SCRIPT))('at a terminal', () => {
  test.each([
    ['y', 'Echo: hi'],
    ['', 'did not allow'],
    ['n', 'did not allow'],
  ])('the call is shown with all that hides in it, and %j answers', async (typed, told) => {
    await using here = await place();
    const command = ['exec', process.execPath, ENTRY, 'run', here.path].join(' ');
    const env = { ...here.env, PATH: process.env['PATH'] ?? '' };
    const child = spawn(SCRIPT, ['-qefc', command, '/dev/null'], { env });
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    await vi.waitFor(() => expect(shown).toContain('[y/N]'), { timeout: 30_000, interval: 10 });
    expect(shown).toContain('│ {"message":"hi⟨U+202E⟩"}');
    child.stdin.write(`${typed}\n`);
    expect(await ended).toBe(0);
    expect(here.told()).toContain(told);
  });
});

describe('of a run on a server', () => {
  const request = { servers: [], output: { format: 'markdown' } };
  const start = { seq: 1, at: 1, type: 'run-start', id: 'ID', request };
  const action = { kind: 'approval', server: 'mail', tool: 'send', call_id: 'c1', arguments: '{}' };
  const asked = { seq: 2, at: 2, type: 'action-required', action_id: 'a-1', action, expires_at: 9 };
  const end = { seq: 3, at: 3, type: 'run-end', status: 'completed', stop_reason: 'stop' };

  /** A server whose run ends when it is told what to do. */
  async function remote(...args: readonly string[]) {
    let events: ServerResponse | undefined;
    await using server = await runServer({
      'POST /': json(201, ACCEPTED),
      'GET /ID/events': (response, sent) => {
        events = response;
        stream([start, asked], Infinity, false)(response, sent);
      },
      'POST /ID/actions/a-1': (response) => {
        json(200, { id: 'ID', object: 'run', status: 'running' })(response);
        events?.end(`id: 3\ndata: ${JSON.stringify(end)}\n\n`);
      },
    });
    const options = ['run', '--remote', server.url, '--wait', ...args];
    const finished = await mdops(options, { stdin: 'Send it.' });
    return { ...finished, sent: server.seen.find(({ line }) => line.endsWith('/actions/a-1')) };
  }

  test.each([
    ['all', 'approve'],
    ['send', 'approve'],
    ['none', 'deny'],
  ])('--approve %s is sent to the server as its owner', async (said, decision) => {
    const { code, sent } = await remote('--approve', said);
    expect(code).toBe(0);
    const body = JSON.stringify({ decision });
    expect(sent).toMatchObject({ authorization: 'Bearer token', body });
  });

  test('it stays there and waits, with exit code 4, when nobody is here', async () => {
    const { code, stderr, sent } = await remote();
    expect(code).toBe(4);
    expect(stderr).toMatch(/on its page.*https:\/\/prompts\.example\/ID/s);
    expect(sent).toBeUndefined();
  });
});

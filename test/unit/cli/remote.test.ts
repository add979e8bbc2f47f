import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test, vi } from 'vitest';

import { folder, Mdops, mdops } from '../../support/mdops.ts';
import { ACCEPTED, json, runServer, stream, type Routes } from '../../support/run-server.ts';

// Every command line is a process of its own, and a busy machine starts them slowly.
vi.setConfig({ testTimeout: 180_000 });

const EVENTS = [
  {
    seq: 1,
    at: 1,
    type: 'run-start',
    id: 'ID',
    request: { servers: [], output: { format: 'markdown' } },
  },
  { seq: 2, at: 2, type: 'step-start', step: 1, attempt: 1, provider: 'p', model: 'm' },
  { seq: 3, at: 3, type: 'text-delta', step: 1, text: 'Hello ' },
  { seq: 4, at: 4, type: 'text-delta', step: 1, text: 'there.\n' },
  { seq: 5, at: 5, type: 'step-end', step: 1, finish_reason: 'stop', tool_calls: [] },
];
const COMPLETED = { seq: 6, at: 6, type: 'run-end', status: 'completed', stop_reason: 'stop' };
const FAILED = {
  ...COMPLETED,
  status: 'failed',
  stop_reason: 'max_steps',
  error: { code: 'max_steps', message: 'All steps are used.' },
};

function following(end: { seq: number }, most?: number): Routes {
  return {
    'POST /': json(201, ACCEPTED),
    'GET /ID/events': stream([...EVENTS, end], most),
    'GET /ID.txt': (response) => response.end('Hello there.\n'),
    'GET /ID.json': json(200, { id: 'ID', status: 'completed' }),
  };
}

describe('mdops run --remote', () => {
  test('posts document, inputs and settings with the key, and prints the URLs', async () => {
    await using server = await runServer({ 'POST /': json(201, ACCEPTED) });
    const args = ['run', '--remote', server.url, '-v', 'a=1', '--set', 'top_p=0.5', '--model', 'm'];
    const done = await mdops(args, { stdin: '# Hi', env: { MDOPS_KEY: 'secret' } });
    expect(done).toEqual({
      code: 0,
      stdout:
        'https://prompts.example/ID\nhttps://prompts.example/ID.md\nhttps://prompts.example/ID.json\n',
      stderr: '',
    });
    const [seen] = server.seen;
    expect(seen).toMatchObject({ line: 'POST /', authorization: 'Bearer secret' });
    expect(JSON.parse(seen?.body ?? '')).toEqual({
      prompt: '# Hi',
      input: { a: '1' },
      top_p: 0.5,
      model: 'm',
    });
  });

  test('with --json prints the answer of the server', async () => {
    await using server = await runServer({ 'POST /': json(201, ACCEPTED) });
    const done = await mdops(['run', '--remote', server.url, '--json'], { stdin: 'Hi.' });
    expect(JSON.parse(done.stdout)).toEqual(ACCEPTED);
  });

  test('with --wait prints the answer; the owner token goes to the named host', async () => {
    await using server = await runServer(following(COMPLETED));
    const done = await mdops(['run', '--remote', server.url, '--wait'], { stdin: 'Hi.' });
    expect(done).toEqual({ code: 0, stdout: 'Hello there.\n', stderr: '' });
    expect(server.seen[1]).toMatchObject({ line: 'GET /ID/events', authorization: 'Bearer token' });
  });

  test('goes on where a broken stream of events stopped', async () => {
    await using server = await runServer(following(COMPLETED, 3));
    const done = await mdops(['run', '--remote', server.url, '--wait'], { stdin: 'Hi.' });
    expect(done).toEqual({ code: 0, stdout: 'Hello there.\n', stderr: '' });
    expect(server.seen.filter(({ line }) => line === 'GET /ID/events')).toHaveLength(2);
  });

  test('the exit code is that of the run', async () => {
    await using server = await runServer(following(FAILED));
    const done = await mdops(['run', '--remote', server.url, '--wait', '--json'], { stdin: 'Hi.' });
    expect(done.code).toBe(3);
    expect(done.stderr).toBe('error max_steps All steps are used.\n');
    expect(JSON.parse(done.stdout)).toMatchObject({ id: 'ID' });
  });

  test('with --output follows the run and writes its answer', async () => {
    await using server = await runServer(following(COMPLETED));
    await using files = await folder({});
    const path = join(files.path, 'a.txt');
    const done = await mdops(['run', '--remote', server.url, '-o', path], { stdin: 'Hi.' });
    expect(done).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await readFile(path, 'utf8')).toBe('Hello there.\n');
  });

  test('draws the problems that the server found like local ones', async () => {
    const problem = {
      code: 'bad',
      severity: 'error',
      message: 'M.',
      line: 2,
      column: 3,
      excerpt: 'x',
    };
    const error = { code: 'invalid_prompt', message: 'No.', problems: [problem] };
    await using server = await runServer({ 'POST /': json(422, { error }) });
    const done = await mdops(['run', '--remote', server.url], { stdin: 'one\n\tx' });
    expect(done).toEqual({
      code: 2,
      stdout: '',
      stderr: '-:2:3 error bad M.\n 2 |     x\n   |      ^\n',
    });
  });

  test('a refusal is its code and its exit code', async () => {
    const error = { code: 'unauthorized', message: 'Who are you?' };
    await using server = await runServer({ 'POST /': json(401, { error }) });
    const done = await mdops(['run', '--remote', server.url], { stdin: 'Hi.' });
    expect(done).toEqual({ code: 4, stdout: '', stderr: 'error unauthorized Who are you?\n' });
  });

  test('a redirect is not followed: the key must stay with the named host', async () => {
    await using other = await runServer({ 'POST /': json(201, ACCEPTED) });
    await using server = await runServer({
      'POST /': (response) => response.writeHead(307, { location: other.url }).end(),
    });
    const done = await mdops(['run', '--remote', server.url, '--key', 'k'], { stdin: 'Hi.' });
    expect(done.code).toBe(1);
    expect(done.stderr).toContain('HTTP 307');
    expect(other.seen).toEqual([]);
  });

  test('a host that does not answer, or is something else, is said in one line', async () => {
    const gone = await mdops(['run', '--remote', 'http://127.0.0.1:9'], { stdin: 'Hi.' });
    expect(gone).toMatchObject({ code: 1, stdout: '' });
    expect(gone.stderr).toBe(
      'error server_unreachable There is no answer from 127.0.0.1:9. Is the server running, at that address?\n',
    );
    await using server = await runServer({ 'POST /': (response) => response.end('<html>') });
    const html = await mdops(['run', '--remote', server.url], { stdin: 'Hi.' });
    expect(html.stderr).toContain('not as a MarkdownOps server');
  });

  test('Ctrl-C cancels the run on the server', async () => {
    await using server = await runServer({
      'POST /': json(201, ACCEPTED),
      'GET /ID/events': stream(EVENTS.slice(0, 3), Infinity, false),
      'POST /ID/cancel': json(200, {}),
    });
    const running = new Mdops(['run', '--remote', server.url, '--wait'], { stdin: 'Hi.' });
    await running.says('Hello');
    running.process.kill('SIGINT');
    const done = await running.finished();
    expect(done).toMatchObject({ code: 5, stdout: 'Hello \n' });
    expect(server.seen.at(-1)).toMatchObject({
      line: 'POST /ID/cancel',
      authorization: 'Bearer token',
    });
  });
});

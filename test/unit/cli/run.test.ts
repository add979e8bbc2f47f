import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { LLMock } from '@copilotkit/aimock';
import { describe, expect, test, vi } from 'vitest';

import {
  calls,
  chatServer,
  type ChatServer,
  hangsAfter,
  refuses,
  says,
} from '../../support/chat-server.ts';
import { everythingPeer } from '../../support/peers.ts';
import { folder, Mdops, mdops } from '../../support/mdops.ts';

// Every command line is a process of its own, and a busy machine starts them slowly.
vi.setConfig({ testTimeout: 180_000 });

function onServer(server: ChatServer, more: Record<string, string> = {}) {
  return { OPENAI_BASE_URL: server.baseUrl, ...more };
}

describe('the answer', () => {
  test('comes without calling anybody back, and a line says so', async () => {
    await using server = await chatServer(says('Hello.'));
    const stdin = '---\ncallback: https://hooks.example/x\n---\n\nSay hello.';
    const done = await mdops(['run'], { stdin, env: onServer(server) });
    expect(done).toMatchObject({ code: 0, stdout: 'Hello.\n' });
    expect(done.stderr).toBe(
      'callback: only a server calls back; a run of this process tells nobody.\n',
    );
  });

  test('is on standard output with exactly one line end, and standard error is empty', async () => {
    await using server = await chatServer(says('Hel', 'lo.\n', '\n'));
    const done = await mdops(['run'], { stdin: 'Say hello.', env: onServer(server) });
    expect(done).toEqual({ code: 0, stdout: 'Hello.\n', stderr: '' });
    expect(server.asked[0]?.body.messages).toEqual([{ role: 'user', content: 'Say hello.' }]);
  });

  test('keeps line ends that are inside of it', async () => {
    await using server = await chatServer(says('a\n', '\n', 'b'));
    const done = await mdops(['run', '-'], { stdin: 'x', env: onServer(server) });
    expect(done.stdout).toBe('a\n\nb\n');
  });

  test('is streamed: what the model said is there before it has finished', async () => {
    await using server = await chatServer(hangsAfter('First words'));
    const running = new Mdops(['run'], { stdin: 'x', env: onServer(server) });
    await running.says('First words');
    running.process.kill('SIGINT');
    await running.finished();
  });

  test('of a run with tools holds nothing of what the model said before it called them', async () => {
    await using server = await chatServer(
      calls('calculate', { expression: '17 * 23' }, 'Let me see.'),
      says('It is 391.'),
    );
    const stdin = '@/demo/mcp\n\nWhat is 17 * 23?';
    const done = await mdops(['run'], { stdin, env: onServer(server) });
    expect(done).toEqual({ code: 0, stdout: 'It is 391.\n', stderr: '' });
    const result = server.asked[1]?.body.messages.find(({ role }) => role === 'tool');
    expect(JSON.stringify(result?.content)).toContain('391');
  });

  test('goes to the file of --output, and nothing to standard output', async () => {
    await using server = await chatServer(says('Hello.\n\n'));
    await using files = await folder({ 'p.md': 'Say hello.' });
    const output = join(files.path, 'answer.md');
    const done = await mdops(['run', join(files.path, 'p.md'), '-o', output], {
      env: onServer(server),
    });
    expect(done).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await readFile(output, 'utf8')).toBe('Hello.\n');
  });

  test('is the code alone where only code is wanted, on standard output and in the file', async () => {
    await using server = await chatServer(says('Here:\n', '```js\n', 'go();\n```\nBye.'));
    const stdin = '---\noutput: code\n---\nWrite go().';
    const done = await mdops(['run'], { stdin, env: onServer(server) });
    expect(done).toEqual({ code: 0, stdout: 'go();\n', stderr: '' });
    await using files = await folder({ 'p.md': stdin });
    const output = join(files.path, 'go.js');
    await mdops(['run', join(files.path, 'p.md'), '-o', output], { env: onServer(server) });
    expect(await readFile(output, 'utf8')).toBe('go();\n');
  });

  test('that does not fit its schema is asked for once more, and is printed only when it fits', async () => {
    await using server = await chatServer(says('{"n": "x"}'), says('{"n": 1}'));
    const stdin = '---\noutput: {schema: {n: integer}}\n---\nCount.';
    const done = await mdops(['run'], { stdin, env: onServer(server) });
    expect(done).toMatchObject({ code: 0, stdout: '{"n": 1}\n' });
    expect(done.stderr).toContain(
      'note The answer does not fit its schema. /n must be an integer.',
    );
    await using wrong = await chatServer(says('{"n": "x"}'));
    const failed = await mdops(['run', '--json'], { stdin, env: onServer(wrong) });
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.stdout)).toMatchObject({ error: { code: 'output_invalid' } });
  });

  test('that did not come leaves the file of --output alone', async () => {
    await using server = await chatServer(refuses(400, 'No.'));
    await using files = await folder({ 'p.md': 'Say hello.' });
    const output = join(files.path, 'answer.md');
    const done = await mdops(['run', join(files.path, 'p.md'), '-o', output], {
      env: onServer(server),
    });
    expect(done.code).toBe(1);
    expect(done.stderr).toContain(`${output} was not written`);
    await expect(stat(output)).rejects.toThrow('ENOENT');
  });

  test('of the demo model needs no key and no network', async () => {
    const done = await mdops(['run'], { stdin: '@/demo/mcp\n\nWhat is 17 * 23?' });
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toContain('391');
  });

  test('may be read only in part: a closed pipe is no error', async () => {
    await using server = await chatServer(says('a\n', 'b\n'.repeat(200_000)));
    const running = new Mdops(['run'], { stdin: 'x', env: onServer(server) });
    await running.says('a');
    running.process.stdout?.destroy();
    expect(await running.finished()).toMatchObject({ code: 0, stderr: '' });
  });

  test('that nobody reads any more stops the run', async () => {
    await using server = await chatServer((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const data = JSON.stringify({ choices: [{ index: 0, delta: { content: 'a\n' } }] });
      const timer = setInterval(() => response.write(`data: ${data}\n\n`), 1);
      response.on('close', () => {
        clearInterval(timer);
      });
    });
    const running = new Mdops(['run'], { stdin: 'x', env: onServer(server) });
    await running.says('a');
    running.process.stdout?.destroy();
    expect(await running.finished()).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('inputs and settings', () => {
  test('-v fills the declared inputs as text', async () => {
    await using server = await chatServer(says('ok'));
    const stdin = '---\ninput:\n  schema: { topic: string }\n---\nWrite about {{topic}}.';
    const done = await mdops(['run', '-', '-v', 'topic=12=x'], { stdin, env: onServer(server) });
    expect(done.stdout).toBe('ok\n');
    expect(server.asked[0]?.body.messages.at(-1)?.content).toBe('Write about 12=x.');
  });

  test('--set and --model are stronger than the frontmatter', async () => {
    await using server = await chatServer(says('ok'));
    const stdin = '---\nmodel: a\ntemperature: 1\n---\nHi.';
    const args = ['run', '--set', 'temperature=0.25', '--model', 'b'];
    const done = await mdops(args, { stdin, env: onServer(server) });
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(server.asked[0]?.body).toMatchObject({ model: 'b', temperature: 0.25 });
  });
});

describe('--json', () => {
  test('is the whole run and nothing else', async () => {
    await using server = await chatServer(says('Hello.'));
    const done = await mdops(['run', '--json'], { stdin: 'Hi.', env: onServer(server) });
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(done.stdout)).toMatchObject({
      object: 'run',
      status: 'completed',
      output: 'Hello.',
      prompt: 'Hi.',
      urls: null,
      error: null,
    });
  });

  test('is there for a failed run too', async () => {
    await using server = await chatServer(refuses(401, 'Bad key.'));
    const done = await mdops(['run', '--json'], { stdin: 'Hi.', env: onServer(server) });
    expect(done.code).toBe(1);
    expect(JSON.parse(done.stdout)).toMatchObject({
      status: 'failed',
      error: { code: 'model_unauthorized' },
    });
    expect(done.stderr).toContain('error model_unauthorized');
  });

  test('of a prompt with an error is the refusal of a server', async () => {
    const done = await mdops(['run', '--json'], { stdin: '---\ntools: @x\n---\nHi.' });
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('-:2:8 error');
    expect(JSON.parse(done.stdout)).toMatchObject({
      error: { code: 'invalid_prompt', problems: [{ severity: 'error', line: 2, column: 8 }] },
    });
  });

  test('is refused when the prompt names a secret for another host than those it is bound to', async () => {
    await using server = await chatServer(says('Hello.'));
    const stdin =
      '---\ntools:\n  - url: https://mcp.example/mcp\n    headers: { X-Key: "${env:CANARY}" }\n---\nHi.';
    const bound = { SECRET_CANARY: 'c4n4ry-value', HOSTS_OF_SECRET_CANARY: 'mcp.linear.app' };
    const done = await mdops(['run', '--json'], { stdin, env: onServer(server, bound) });
    expect(done.code).toBe(2);
    expect(JSON.parse(done.stdout)).toMatchObject({ error: { code: 'secret_refused' } });
    expect(done.stdout + done.stderr).not.toContain('c4n4ry');
  });

  test('never holds a secret that a tool server was given', async () => {
    await using server = await chatServer(says('Hello.'));
    const stdin =
      '---\ntools:\n  - url: /demo/mcp\n    headers: { X-Key: "${env:CANARY}" }\n---\nHi.';
    const env = onServer(server, { SECRET_CANARY: 'c4n4ry-value' });
    const done = await mdops(['run', '--json'], { stdin, env });
    expect(done.code).toBe(0);
    expect(done.stdout + done.stderr).not.toContain('c4n4ry');
  });
});

describe('what goes wrong', () => {
  test('broken frontmatter is drawn with a caret, and no model is asked', async () => {
    await using server = await chatServer(says('never'));
    const stdin = '---\nmodel: a\ntools: @x\n---\nHi.';
    const done = await mdops(['run'], { stdin, env: onServer(server) });
    expect(done).toMatchObject({ code: 2, stdout: '' });
    const [head, line, caret] = done.stderr.split('\n');
    expect(head).toMatch(/^-:3:8 error \w+ /);
    expect(line).toBe(' 3 | tools: @x');
    expect(caret).toBe('   |        ^');
    expect(server.asked).toEqual([]);
  });

  test('a limit of the run is exit code 3', async () => {
    await using server = await chatServer(calls('calculate', { expression: '1' }));
    const stdin = '---\nmax_steps: 2\n---\n@/demo/mcp\n\nGo on.';
    const done = await mdops(['run'], { stdin, env: onServer(server) });
    expect(done.code).toBe(3);
    expect(done.stderr).toContain('error max_steps');
  });

  test('a loopback tool server is refused unless it is allowed, and the refusal says how', async () => {
    const stdin = '---\ntools: http://127.0.0.1:9/mcp\n---\nHi.';
    const refused = await mdops(['run'], { stdin });
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('EGRESS_ALLOW=127.0.0.1:9');
    const allowed = await mdops(['run', '--allow', '127.0.0.1:9'], { stdin });
    expect(allowed.stderr).toContain('error server_unreachable');
  });

  test('a context address that cannot be read is a note, and the run goes on', async () => {
    await using server = await chatServer(says('ok'));
    const stdin = 'Read @http://127.0.0.1:9/x.md now.';
    const done = await mdops(['run'], { stdin, env: onServer(server) });
    expect(done).toMatchObject({ code: 0, stdout: 'ok\n' });
    expect(done.stderr).toContain('note http://127.0.0.1:9/x.md was not read: refused: ');
  });

  test('an allowed address that is no host and port is wrong usage', async () => {
    const done = await mdops(['run', '--allow', 'example.com:1'], { stdin: 'Hi.' });
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toContain('"example.com:1" is not on loopback');
  });

  test.each([
    ['not UTF-8', Uint8Array.of(0x48, 0xff, 0xfe), 'not_text'],
    ['with a NUL', 'a\0b', 'not_text'],
    ['of more than 1 MB', 'x'.repeat(1024 * 1024 + 1), 'too_large'],
  ])('a prompt %s is refused', async (_what, stdin, code) => {
    const done = await mdops(['run'], { stdin });
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toContain(`error ${code}`);
  });

  test('an empty prompt is an error', async () => {
    const done = await mdops(['run'], { stdin: '' });
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toMatch(/error \w+/);
  });

  test('a malformed variable is named, its value is not', async () => {
    const done = await mdops(['run'], { stdin: 'x', env: { OPENAI_API_KEY: 'se cret' } });
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toContain('OPENAI_API_KEY');
    expect(done.stderr).not.toContain('se cret');
  });
});

describe('Ctrl-C', () => {
  test('cancels the run: exit code 5 and what was said so far', async () => {
    await using server = await chatServer(hangsAfter('So far'));
    const running = new Mdops(['run'], { stdin: 'x', env: onServer(server) });
    await running.says('So far');
    running.process.kill('SIGINT');
    expect(await running.finished()).toEqual({
      code: 5,
      stdout: 'So far\n',
      stderr: 'cancelled The run was cancelled.\n',
    });
  });

  test('with --json still prints the run', async () => {
    await using server = await chatServer(hangsAfter('So far'));
    const running = new Mdops(['run', '--json'], { stdin: 'x', env: onServer(server) });
    while (server.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    running.process.kill('SIGINT');
    const done = await running.finished();
    expect(done.code).toBe(5);
    expect(JSON.parse(done.stdout)).toMatchObject({ status: 'cancelled', error: null });
  });
});

test('a key goes to the model server and nowhere else', async () => {
  await using server = await chatServer(says('ok'));
  const env = onServer(server, { OPENAI_API_KEY: 'k-canary' });
  const done = await mdops(['run', '--json'], { stdin: '@/demo/mcp\n\nHi.', env });
  expect(server.asked[0]?.authorization).toBe('Bearer k-canary');
  expect(done.stdout + done.stderr).not.toContain('k-canary');
});

test('a foreign model and a foreign tool server work together', async () => {
  const mock = new LLMock({ port: 0, chunkSize: 3 });
  const tools = await everythingPeer();
  try {
    mock.on(
      { userMessage: 'Echo', hasToolResult: false },
      { toolCalls: [{ name: 'tools__echo', arguments: '{"message":"tide"}' }] },
    );
    mock.on({ userMessage: 'Echo', hasToolResult: true }, { content: 'It said tide.' });
    await mock.start();
    const label = 'tools';
    const stdin = `---\ntools:\n  - { url: "${tools.origin}/mcp", label: ${label} }\n---\nEcho tide.`;
    const env = { OPENAI_BASE_URL: `${mock.url}/v1`, EGRESS_ALLOW: tools.host };
    const done = await mdops(['run', '--json'], { stdin, env });
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(done.stdout)).toMatchObject({
      output: 'It said tide.',
      servers: [{ label, status: 'connected' }],
    });
    expect(done.stdout).toContain('Echo: tide');
  } finally {
    await Promise.all([mock.stop(), tools.stop()]);
  }
});

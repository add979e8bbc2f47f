import { expect, test, vi } from 'vitest';

import { mdops } from '../../support/mdops.ts';

// Every command line is a process of its own, and a busy machine starts them slowly.
vi.setConfig({ testTimeout: 180_000 });

const PROMPT = `---
title: Tides
temperature: 0.5
max_steps: 7
input:
  schema: { topic: string }
---
@/demo/mcp

Read @https://example.com/a.md about {{topic}}.
`;

test('explain shows messages, servers, references with the reason, limits and sources', async () => {
  const done = await mdops(['explain', '-', '-v', 'topic=moons', '--set', 'top_p=0.9'], {
    stdin: PROMPT,
  });
  expect(done).toMatchObject({ code: 0, stderr: '' });
  expect(done.stdout).toContain('demo/demo');
  expect(done.stdout).toMatch(/Message: user\n {2}Read .* about moons\./);
  expect(done.stdout).toMatch(/\/demo\/mcp +mcp +body, line 8/);
  expect(done.stdout).toMatch(/https:\/\/example\.com\/a\.md +context +line 10 +\w+/);
  expect(done.stdout).toMatch(/max_steps +7\n/);
  expect(done.stdout).toMatch(/temperature +frontmatter, line 3/);
  expect(done.stdout).toMatch(/top_p +request/);
  expect(done.stdout).toMatch(/by default +.*timeout/);
  expect(done.stdout).toMatch(/prompt_tokens +\d+/);
  expect(done.stdout).toMatch(/tool_tokens +unknown until/);
  expect(done.stdout).toContain('It is a tool server of the server that runs the prompt.');
});

test('explain says which tools are offered and which of them ask', async () => {
  const stdin = `---
tools:
  - server_url: https://a.example/mcp
    allowed_tools: { tool_names: [find*, put], read_only: true }
    require_approval: { always: { read_only: false }, never: { tool_names: [find] } }
---
Hi.`;
  const done = await mdops(['explain'], { stdin });
  expect(done).toMatchObject({ code: 0, stderr: '' });
  expect(done.stdout).toContain('find*, put that say they only read');
  expect(done.stdout).toContain(
    'approval: always all tools that do not say they only read; never find; always for all others',
  );
});

test('explain --json is the answer of a dry run', async () => {
  const done = await mdops(['explain', '--json', '-v', 'topic=moons'], { stdin: PROMPT });
  expect(done).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(done.stdout)).toMatchObject({
    request: { servers: [{ url: '/demo/mcp' }], limits: { max_steps: 7 } },
    problems: [],
  });
});

test('explain of a prompt with an error shows the problem and is exit code 2', async () => {
  const stdin = '---\nmodel: [\n---\nHi.';
  const done = await mdops(['explain'], { stdin });
  expect(done).toMatchObject({ code: 2, stdout: '' });
  expect(done.stderr).toMatch(/^-:\d+:\d+ error/);
  const json = await mdops(['explain', '--json'], { stdin });
  expect(json.code).toBe(2);
  expect(JSON.parse(json.stdout)).toMatchObject({ problems: [{ severity: 'error' }] });
});

test('explain takes a name that every object has for a name, and shows no name of its own making', async () => {
  const stdin = '---\nargument-hint: x\n---\nDo $ARGUMENTS and $1.';
  const line = [
    'explain',
    '--json',
    '-v',
    'arguments=a b',
    '-v',
    '__proto__=v',
    '-v',
    'toString=w',
  ];
  const done = await mdops(line, { stdin });
  expect(done.code).toBe(0);
  const { request } = JSON.parse(done.stdout) as { request: Record<string, object> };
  expect(Object.entries(request['input'] ?? {})).toEqual([
    ['arguments', 'a b'],
    ['__proto__', 'v'],
    ['toString', 'w'],
  ]);
  expect(request['messages']).toEqual([{ role: 'user', content: 'Do a b and a.' }]);
});

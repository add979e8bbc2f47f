import { join } from 'node:path';

import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';

import { folder, mdops } from '../../support/mdops.ts';

// Every command line is a process of its own, and a busy machine starts them slowly.
vi.setConfig({ testTimeout: 180_000 });

const GOOD = '---\nmodel: no-such/model-anywhere\n---\nSay hello.\n';
const BROKEN = '---\nname: x\ntools: @y\n---\nHi.\n';
const WARNED = '---\ntemprature: 1\n---\nHi.\n';

describe('mdops check', () => {
  test('says so when nothing is wrong; any model is right', async () => {
    await using files = await folder({ 'a.md': GOOD });
    expect(await mdops(['check', 'a.md'], { cwd: files.path })).toEqual({
      code: 0,
      stdout: '1 file checked, no problems\n',
      stderr: '',
    });
  });

  test('shows each problem with place, code, line and caret, then the count', async () => {
    await using files = await folder({ 'a.md': BROKEN, 'b.md': WARNED });
    const done = await mdops(['check', 'a.md', 'b.md'], { cwd: files.path });
    expect(done).toMatchObject({ code: 2, stderr: '' });
    const lines = done.stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^a\.md:3:8 error \w+ /);
    expect(lines.slice(1, 3)).toEqual([' 3 | tools: @y', '   |        ^']);
    expect(lines[3]).toMatch(/^b\.md:2:1 warning \w+ .*temperature/);
    expect(lines.at(-1)).toBe('2 files checked: 1 error, 1 warning');
  });

  test('an input without a value is right: values come with a run', async () => {
    await using files = await folder({
      'a.md': '---\ninput: { schema: { n: string } }\n---\n{{n}}',
    });
    const done = await mdops(['check', 'a.md'], { cwd: files.path });
    expect(done).toMatchObject({ code: 0, stdout: '1 file checked, no problems\n' });
  });

  test('the name of a provider that this machine lacks is right, in every place', async () => {
    await using files = await folder({
      'a.md': '---\nmodel: openai/gpt-5\n---\nHi.',
      'b.md': '---\nmodel: [groq/x, y]\n---\nHi.',
      'c.md': '---\nbase_url: https://llm.example.com/v1\n---\nHi.',
    });
    const done = await mdops(['check', '--strict', '.'], { cwd: files.path });
    expect(done).toMatchObject({ code: 0, stdout: '3 files checked, no problems\n' });
  });

  test('arguments of other tools come with a run, too', async () => {
    await using files = await folder({
      'a.md': '$ARGUMENTS',
      'b.prompt.md': 'Test ${input:url:Where?}.',
    });
    const done = await mdops(['check', '--strict', '.'], { cwd: files.path });
    expect(done).toMatchObject({ code: 0, stdout: '2 files checked, no problems\n' });
  });

  test('a warning is no failure, under --strict it is', async () => {
    await using files = await folder({ 'b.md': WARNED });
    const cwd = files.path;
    expect(await mdops(['check', 'b.md'], { cwd })).toMatchObject({ code: 0 });
    const strict = await mdops(['check', '--strict', 'b.md'], { cwd });
    expect(strict.code).toBe(2);
    expect(strict.stdout).toContain('b.md:2:1 error');
  });

  test('--json is one array', async () => {
    await using files = await folder({ 'a.md': BROKEN, 'b.md': WARNED, 'c.md': GOOD });
    const done = await mdops(['check', '--json', '.'], { cwd: files.path });
    expect(done).toMatchObject({ code: 2, stderr: '' });
    expect(JSON.parse(done.stdout)).toMatchObject([
      { file: 'a.md', line: 3, column: 8, severity: 'error' },
      { file: 'b.md', line: 2, column: 1, severity: 'warning' },
    ]);
    const none = await mdops(['check', '--json', 'c.md'], { cwd: files.path });
    expect(none).toEqual({ code: 0, stdout: '[]\n', stderr: '' });
  });

  test('finds the prompts of a folder and leaves the rest', async () => {
    await using files = await folder({
      'a.md': BROKEN,
      'sub/deep/b.prompt': BROKEN,
      'sub/c.agent.md': BROKEN,
      'sub/e.prompty': BROKEN,
      'sub/f.mdc': BROKEN,
      'README.md': BROKEN,
      'sub/CHANGELOG.md': BROKEN,
      'notes.txt': BROKEN,
      'page.mdx': BROKEN,
      'node_modules/x/d.md': BROKEN,
      '.hidden/e.md': BROKEN,
    });
    const done = await mdops(['check', '--json', '.', 'README.md', 'a.md'], { cwd: files.path });
    const found = z
      .array(z.object({ file: z.string(), severity: z.string() }))
      .parse(JSON.parse(done.stdout));
    const errors = found.filter(({ severity }) => severity === 'error');
    expect([...new Set(errors.map(({ file }) => file))]).toEqual([
      'a.md',
      join('sub', 'c.agent.md'),
      join('sub', 'deep', 'b.prompt'),
      join('sub', 'e.prompty'),
      join('sub', 'f.mdc'),
      'README.md',
    ]);
  });

  test('a binary, unreadable or huge file is a problem and the others are still checked', async () => {
    await using files = await folder({
      'a.md': Uint8Array.of(0xff, 0xfe, 0),
      'b.md': 'x'.repeat(1024 * 1024 + 1),
      'c.md': 'a\0b',
      'd.md': BROKEN,
    });
    const done = await mdops(['check', '.'], { cwd: files.path });
    expect(done).toMatchObject({ code: 2, stderr: '' });
    expect(done.stdout).toContain('a.md error not_text');
    expect(done.stdout).toContain('b.md error too_large');
    expect(done.stdout).toContain('c.md error not_text');
    expect(done.stdout).toContain('d.md:3:8 error');
  });

  test('reads standard input', async () => {
    const done = await mdops(['check', '-'], { stdin: BROKEN });
    expect(done.code).toBe(2);
    expect(done.stdout).toMatch(/^-:3:8 error/);
  });

  test('an empty folder is no error', async () => {
    await using files = await folder({ 'x.txt': '' });
    const done = await mdops(['check', '.'], { cwd: files.path });
    expect(done).toEqual({ code: 0, stdout: '0 files checked, no problems\n', stderr: '' });
  });
});

test('colours are used when they are asked for, and not with NO_COLOR', async () => {
  await using files = await folder({ 'a.md': BROKEN });
  const cwd = files.path;
  const forced = await mdops(['check', 'a.md'], { cwd, env: { FORCE_COLOR: '1' } });
  expect(forced.stdout).toContain('\u001b[31merror');
  const plain = await mdops(['check', 'a.md'], { cwd, env: { NO_COLOR: '1' } });
  expect(plain.stdout).not.toContain('\u001b');
});

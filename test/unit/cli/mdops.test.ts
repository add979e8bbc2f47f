import { readFile } from 'node:fs/promises';

import { describe, expect, test, vi } from 'vitest';

import { COMMANDS } from '../../../src/cli/commands.ts';
import { commandHelp, overview } from '../../../src/cli/help.ts';
import { mdops } from '../../support/mdops.ts';

// Every command line is a process of its own, and a busy machine starts them slowly.
vi.setConfig({ testTimeout: 180_000 });

const spec = await readFile(new URL('../../../spec/cli.md', import.meta.url), 'utf8');

describe('help', () => {
  test('the help text is the one of the specification', async () => {
    const { code, stdout, stderr } = await mdops(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`${overview()}\n`);
    expect(spec).toContain(`\`\`\`text\n${stdout}\`\`\``);
  });

  test.each(COMMANDS)('`mdops help $name` is the text of the specification', async (command) => {
    const [asked, flag] = await Promise.all([
      mdops(['help', command.name]),
      mdops([command.name, '--help']),
    ]);
    expect(asked).toEqual({ code: 0, stdout: `${commandHelp(command)}\n`, stderr: '' });
    expect(flag).toEqual(asked);
    expect(spec).toContain(`\`\`\`text\n${asked.stdout}\`\`\``);
  });

  test('no line is wider than a terminal of 100 columns', () => {
    const lines = [overview(), ...COMMANDS.map(commandHelp)].flatMap((text) => text.split('\n'));
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
  });

  test('showing help loads no package at all', async () => {
    const hook = `import { registerHooks } from 'node:module';
      registerHooks({ load(url, context, next) { console.error(url); return next(url, context); } });`;
    const node = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`];
    const { stderr } = await mdops(['--help'], { node });
    expect(stderr).toContain('src/cli/mdops.ts');
    expect(stderr).not.toContain('node_modules');
  });

  test('--version prints the version of the package', async () => {
    const manifest = await readFile(new URL('../../../package.json', import.meta.url), 'utf8');
    const done = await mdops(['--version']);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(manifest).toContain(`"version": "${done.stdout.trim()}"`);
  });
});

describe('a wrong command line is one line on standard error and exit code 2', () => {
  test.each([
    [['chek', 'x.md'], 'mdops: Unknown command `chek`. Did you mean `mdops check`?'],
    [
      ['prompts/dice.md'],
      'mdops: Unknown command `prompts/dice.md`. Did you mean `mdops run prompts/dice.md`?',
    ],
    [['--versoin'], 'mdops: Unknown option `--versoin`. Did you mean `mdops --version`?'],
    [['help', 'rum'], 'mdops: Unknown command `rum`. Did you mean `mdops run`?'],
    [['run', '--jsno', 'x.md'], 'mdops: Unknown option `--jsno` for `run`. Did you mean `--json`?'],
    [['run', '-x', 'x.md'], 'mdops: Unknown option `-x` for `run`. See `mdops help run`.'],
    [['run', 'x.md', '--model'], 'mdops: `--model` needs a value: `--model MODEL`.'],
    [['run', 'x.md', '--model', '--json'], 'mdops: `--model` needs a value: `--model MODEL`.'],
    [['run', 'x.md', '--json=1'], 'mdops: `--json` takes no value. See `mdops help run`.'],
    [['run', '-v', 'topic'], 'mdops: `-v topic` is not of the form key=value.'],
    [['run', '--set', '=1'], 'mdops: `--set =1` is not of the form key=value.'],
    [
      ['run', 'a.md', 'b.md'],
      'mdops: One prompt at a time: name one FILE, or `-` for standard input.',
    ],
    [['run', 'nowhere.md'], 'mdops: There is no file `nowhere.md`.'],
    [['run', '.'], 'mdops: `.` is a folder, not a prompt.'],
    [['run', 'x.md', '--wait'], 'mdops: `--wait` is for runs with `--remote`.'],
    [
      ['run', 'x.md', '--allow', '127.0.0.1:1', '--remote', 'http://x'],
      'mdops: `--allow` does not go with `--remote`.',
    ],
    [['run', '-', '--remote', 'example'], 'mdops: `--remote example` is not an http or https URL.'],
    [
      ['run', '-', '--output', '/no/such/folder/x'],
      'mdops: `--output /no/such/folder/x` cannot be written.',
    ],
    [['check'], 'mdops: Name the files or folders to check.'],
    [['check', 'nowhere'], 'mdops: There is no file `nowhere`.'],
  ])('mdops %j', async (args, line) => {
    expect(await mdops(args, { stdin: 'Hi.' })).toEqual({
      code: 2,
      stdout: '',
      stderr: `${line}\n`,
    });
  });

  test('without arguments the help is shown on standard error', async () => {
    expect(await mdops([])).toEqual({ code: 2, stdout: '', stderr: `${overview()}\n` });
  });
});

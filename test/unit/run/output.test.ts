import { describe, expect, it } from 'vitest';
import type { OutputSpec } from '../../../src/normalize/request.ts';
import { outputOf, readAnswer } from '../../../src/run/output.ts';
import { viewFor } from '../../../src/run/view.ts';
import { ports, runToEnd, says, scriptedModel, startedLog } from '../../support/engine.ts';

/** What a prompt with this `output` takes from an answer. */
async function taken(answer: string, output: OutputSpec = { format: 'markdown' }) {
  const log = startedLog({ output });
  return readAnswer(await runToEnd(ports(scriptedModel([says(answer)]), { log })));
}

const CODE = [
  'First:',
  '```ts src/a.ts',
  'const a = 1;',
  '```',
  'then',
  '~~~~ text',
  '```',
  'not a fence',
  '```',
  '~~~~',
  'done.',
].join('\n');

describe('OUT-6 what is taken from an answer', () => {
  it.each([
    [{ format: 'markdown' }, CODE],
    [{ format: 'markdown', extract: 'first' }, 'const a = 1;\n'],
    [{ format: 'markdown', extract: 'last' }, '```\nnot a fence\n```\n'],
    [{ format: 'code' }, '```\nnot a fence\n```\n'],
    [{ format: 'code', extract: 'src/a.ts' }, 'const a = 1;\n'],
    [{ format: 'code', extract: './src//a.ts' }, 'const a = 1;\n'],
    [{ format: 'code', extract: 'src/b.ts' }, CODE],
    [{ format: 'code', extract: '../a.ts' }, CODE],
  ] as const)('with %j', async (spec, output) => {
    expect(await taken(CODE, spec)).toMatchObject({ text: CODE, output });
  });

  it('is the whole answer where it has no block, and while the run has not completed', async () => {
    expect((await taken('No code.', { format: 'code' })).output).toBe('No code.');
    const log = startedLog({ output: { format: 'code' } });
    const run = await runToEnd(ports(scriptedModel([says(CODE)]), { log }));
    expect(outputOf({ ...run, status: 'cancelled' })).toBe(CODE);
  });

  it('is no block whose fence is never closed, however the lines end', async () => {
    const cut = 'a\r\n```js\r\nwhole();\r\n```\r\n```js\r\nhal';
    expect((await taken(cut, { format: 'code' })).output).toBe('whole();\n');
  });

  it('is a block inside a list without the indentation of the list', async () => {
    const list = '1. Do\n   ```py\n   if x:\n       y()\n\n   ```\n2. Then `` ```no fence``` ``.';
    expect((await taken(list, { format: 'code' })).output).toBe('if x:\n    y()\n\n');
  });
});

describe('OUT-5 JSON in an answer', () => {
  const json = { format: 'json' } as const;
  it.each([
    ['alone', ' {"a": 1}\n', '{"a": 1}'],
    ['in its only fence', 'Here:\n```\n{"a": 1}\n```\nBye.', '{"a": 1}'],
    ['in the only fence that says json', '```sh\nls\n```\n```json\n{"a": 1}\n```', '{"a": 1}'],
  ])('is found %s, and is the output', async (_name, text, output) => {
    expect(await taken(text, json)).toMatchObject({ text, output, json: { a: 1 } });
  });

  it.each([
    ['no JSON', 'Sorry.'],
    ['JSON in prose', 'It is {"a": 1}.'],
    ['two values', '```json\n1\n```\n```json\n2\n```'],
    ['a value nested without end', '['.repeat(50_000) + ']'.repeat(50_000)],
    ['a value of 101 levels', `${'['.repeat(101)}1${']'.repeat(101)}`],
  ])('is not there: %s', async (_name, text) => {
    const found = await taken(text, json);
    expect(found.output).toBe(text);
    expect(found.json).toBeUndefined();
  });

  it('is found where it has 100 levels', async () => {
    const text = `${'['.repeat(100)}1${']'.repeat(100)}`;
    expect((await taken(text, json)).json).toBeDefined();
  });

  it('is not looked for where nobody asked', async () => {
    expect((await taken('{"a":1}')).json).toBeUndefined();
  });

  it('is taken from the block that is to be extracted', async () => {
    const text = '```json\n1\n```\n```json\n2\n```';
    expect(await taken(text, { format: 'json', extract: 'last' })).toMatchObject({ json: 2 });
  });
});

describe('OUT-7 the files of an answer', () => {
  const block = (info: string, text = 'x') => `\`\`\`${info}\n${text}\n\`\`\`\n`;

  it.each([
    ['ts src/a.ts', 'src/a.ts'],
    ['ts ./src//a.ts', 'src/a.ts'],
    ['py main.py {1,3}', 'main.py'],
    ['ts path="src/with space.ts"', 'src/with space.ts'],
    ["html title='index.html'", 'index.html'],
    ['docker file=Dockerfile', 'Dockerfile'],
    ['js {filename=b.js}', 'b.js'],
    ['md naïve/ünï.md', 'naïve/ünï.md'],
  ])('a fence of %s names %s', async (info, path) => {
    expect((await taken(block(info))).files).toEqual([{ path, text: 'x\n' }]);
  });

  it.each([
    'ts',
    '',
    'ts {1,3-5}',
    'ts showLineNumbers',
    'ts title="How it works"',
    'ts ../a.ts',
    'ts a/../../b.ts',
    'ts /etc/passwd',
    'ts C:/windows/a.ts',
    'ts https://a.example/b.ts',
    'ts path="..\\a.ts"',
    'ts path="a\u202ets.exe"',
    'ts path="a\ud800.ts"',
    'ts path="."',
    `ts ${'a/'.repeat(150)}a.ts`,
  ])('a fence of %j names none', async (info) => {
    expect((await taken(block(info))).files).toEqual([]);
  });

  it('the later of two blocks for one file counts', async () => {
    const { files } = await taken(
      block('ts a.ts', 'old') + block('ts b.ts') + block('ts ./a.ts', 'new'),
    );
    expect(files).toEqual([
      { path: 'a.ts', text: 'new\n' },
      { path: 'b.ts', text: 'x\n' },
    ]);
  });

  it('are at most a hundred', async () => {
    const many = Array.from({ length: 150 }, (_, at) => block(`txt ${at}.txt`)).join('');
    expect((await taken(many)).files).toHaveLength(100);
  });

  it('are read in time that grows with the answer, whatever it is', async () => {
    for (const text of ['`'.repeat(500_000), '```\n'.repeat(200_000), '~~~ a=\n'.repeat(100_000)]) {
      expect((await taken(text)).files).toEqual([]);
    }
  });
});

it('a reader of a run that publishes only its answer sees output, JSON and files', async () => {
  const log = startedLog({ publish: 'answer', output: { format: 'json' } });
  const answer = '```json a.json\n{"a":1}\n```';
  const run = await runToEnd(ports(scriptedModel([says(answer)]), { log }));
  expect(viewFor('public', run)).toMatchObject({
    request: null,
    answer,
    output: '{"a":1}',
    output_json: { a: 1 },
    files: [{ path: 'a.json' }],
  });
});

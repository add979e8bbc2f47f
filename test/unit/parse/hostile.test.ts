import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { normalizePrompt } from '../../../src/normalize/normalize-prompt.ts';
import { parsePrompt } from '../../../src/parse/parse-prompt.ts';
import { DOCUMENTS, REQUESTS } from '../../support/hostile-shapes.ts';

const CHILD = fileURLToPath(new URL('../../support/hostile-child.ts', import.meta.url));
const context = { providers: [{ id: 'main', defaultModel: 'main-1' }] };

interface Ended {
  readonly code: number | null;
  readonly said: readonly string[];
  readonly errors: string;
}

/** Runs the child with so many megabytes of heap; a child that hangs is killed. */
function hostileChild(megabytes: number, killAfter: number): Promise<Ended> {
  const args = [`--max-old-space-size=${megabytes}`, CHILD];
  const child = spawn(process.execPath, args, { timeout: killAfter, killSignal: 'SIGKILL' });
  let said = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, said: said.trim().split('\n'), errors }));
  });
}

describe('hostile documents and requests at the size caps', () => {
  test('are read or refused in 150 MB, and none hangs', { timeout: 320_000 }, async () => {
    const { code, said, errors } = await hostileChild(150, 300_000);
    const names = [...DOCUMENTS, ...REQUESTS].map(([name]) => name);
    expect([code, said.at(-1), errors]).toEqual([0, `end ${names.at(-1)}`, '']);
    expect(said).toEqual(names.flatMap((name) => [`begin ${name}`, `end ${name}`]));
  });

  test('never keep more than a thousand references', { timeout: 180_000 }, () => {
    for (const [, text] of DOCUMENTS) {
      expect(parsePrompt(text()).references.length).toBeLessThanOrEqual(1000);
    }
  });

  test('give a few problems for thousands of unknown keys', () => {
    const many = DOCUMENTS.find(([name]) => name === 'YAML of many keys')?.[1]() ?? '';
    expect(normalizePrompt(parsePrompt(many), { providers: [] }).problems.length).toBeLessThan(200);
  });
});

describe('values that come with a document', () => {
  test('name one server many times, and what the first entry says holds', () => {
    const url = 'https://a.example.com/mcp';
    const tools = [
      { url: `${url}:a`, label: 'one', headers: { x: '1' } },
      { url, label: 'two', headers: { x: '2', y: '3' }, allowed_tools: ['b', 'a'] },
    ];
    const { request } = normalizePrompt(parsePrompt('Hi'), context, { overrides: { tools } });
    expect(request?.servers).toMatchObject([
      { label: 'one', headers: { x: '1', y: '3' }, allowed_tools: ['a', 'b'] },
    ]);
  });
});

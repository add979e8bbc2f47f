import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { WORKER_BUNDLE } from '../../scripts/bundle.ts';
import { pageFiles } from '../../scripts/page-files.ts';
import { ASSETS } from '../../src/publish/assets.ts';

const { outputFiles, metafile } = await build({ ...WORKER_BUNDLE, outdir: 'out', write: false });
const outputs = new Map(Object.entries(metafile.outputs));

/** The modules that an entry pulls in before it runs: not what it imports when it is needed. */
function startOf(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const { path, kind } of outputs.get(name)?.imports ?? []) {
    if (kind === 'import-statement' && outputs.has(path)) startOf(path, seen);
  }
  return seen;
}

function packagesOf(names: Iterable<string>): string[] {
  const paths = [...names].flatMap((name) => Object.keys(outputs.get(name)?.inputs ?? {}));
  const packages = paths.flatMap((path) => {
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
    return name === undefined ? [] : [name];
  });
  return [...new Set(packages)].toSorted();
}

/** KiB as they are stored and sent, each module by itself. */
function kibOf(names: ReadonlySet<string>): number {
  const files = outputFiles.filter(({ path }) => [...names].some((name) => path.endsWith(name)));
  expect(files).toHaveLength(names.size);
  const bytes = files.map(({ contents }) => gzipSync(contents, { level: 9 }).length);
  return bytes.reduce((sum, length) => sum + length, 0) / 1024;
}

/** The modules that are code: files of pages are kept in one that only a request for them loads. */
function code(): ReadonlySet<string> {
  const isFiles = (name: string) =>
    Object.hasOwn(outputs.get(name)?.inputs ?? {}, 'src/worker/editor/page-bodies.js');
  const names = [...outputs.keys()];
  expect(names.filter(isFiles)).toHaveLength(1);
  return new Set(names.filter((name) => !isFiles(name)));
}

describe('the bundled Worker', () => {
  test('is at most 520 KiB gzip, without the files of pages', () => {
    expect(kibOf(code())).toBeLessThanOrEqual(520);
  });

  test('starts with at most 225 KiB gzip of it', () => {
    expect(kibOf(startOf('out/index.js'))).toBeLessThanOrEqual(225);
  });

  test('starts without the files of the editor', () => {
    expect([...code()]).toEqual(expect.arrayContaining([...startOf('out/index.js')]));
  });

  test('starts without what only some runs need', () => {
    const late = /^(@modelcontextprotocol\/.*|zod|jose|parse5|rehype-.*|remark-.*|unified)$/;
    const names = packagesOf(startOf('out/index.js'));
    expect(names).toContain('yaml');
    expect(names.filter((name) => late.test(name))).toEqual([]);
    expect(packagesOf(outputs.keys())).toContain('@modelcontextprotocol/client');
  });

  test('has nothing of tests, and the protocol of `/mcp` only for who speaks it', () => {
    const inputs = (names: Iterable<string>) =>
      [...names].flatMap((name) => Object.keys(outputs.get(name)?.inputs ?? {}));
    expect(inputs(outputs.keys()).filter((path) => path.startsWith('test/'))).toEqual([]);
    expect(inputs(outputs.keys())).toContain('src/worker/mcp/product-server.ts');
    expect(inputs(startOf('out/index.js'))).not.toContain('src/worker/mcp/product-server.ts');
  });

  test('has nothing of what is for Node, and no client of the models', () => {
    const foreign = /^(undici|openai|ajv.*|cross-spawn|hono\/node.*)$/;
    expect(packagesOf(outputs.keys()).filter((name) => foreign.test(name))).toEqual([]);
  });
});

describe('what a page loads', async () => {
  const run = ASSETS['/assets/run.js'].body;
  const files = new Map([...(await pageFiles()), ['run.js', run]]);

  test.each([
    ['editor.js', 60],
    ['parser.js', 80],
    ['editor.css', 8],
    ['run.js', 15],
  ])('%s is at most %d KiB gzip', (name, most) => {
    const body = files.get(name) ?? '';
    expect(body).not.toBe('');
    expect(gzipSync(body, { level: 9 }).length / 1024).toBeLessThanOrEqual(most);
  });

  test('the stylesheet loads nothing', () => {
    expect(files.get('editor.css')).not.toMatch(/https?:|url\(|@import/);
  });

  test('no script makes markup or code of text', () => {
    const made = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/;
    expect(files.get('editor.js')).not.toMatch(made);
  });
});

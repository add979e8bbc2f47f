/** The package as others get it: packed, unpacked beside nothing but `yaml`, and used. */
import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

vi.setConfig({ hookTimeout: 120_000, testTimeout: 60_000 });

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'markdownops-'));
const installed = join(scratch, 'user', 'node_modules', 'markdownops');
/** Everything the two functions give for one prompt with a bit of everything. */
const USE = `
  const text = '---\\nmodel: m\\ntools: /demo/mcp\\nmax_steps: 3\\n---\\nRead @https://example.com/a.';
  const { request, problems } = normalizePrompt(parsePrompt(text), {
    providers: [{ id: 'main', defaultModel: 'm' }],
  });
  const said = [request.models[0].model, request.servers[0].label, request.references[0].as,
    request.limits.max_steps, problems.length].join(' ');
`;
const SAID = 'm demo context 3 0';

beforeAll(async () => {
  // Packed from a copy, so that no other test or person sees a folder `dist` come and go.
  const stage = join(scratch, 'stage');
  for (const file of ['package.json', 'README.md', 'LICENSE', 'spec/frontmatter.schema.json']) {
    cpSync(join(root, file), join(stage, file));
  }
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await run(process.execPath, [
    tsc,
    '-p',
    root + 'tsconfig.build.json',
    '--outDir',
    join(stage, 'dist'),
  ]);
  await run(process.execPath, [
    tsc,
    '-p',
    root + 'tsconfig.build-workerd.json',
    '--outDir',
    join(stage, 'dist'),
  ]);
  await run('npm', ['pack', '--ignore-scripts', '--offline'], { cwd: stage });
  const archive = readdirSync(stage).find((name) => name.endsWith('.tgz')) ?? '';
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', join(stage, archive), '-C', installed, '--strip-components=1']);
  symlinkSync(join(root, 'node_modules', 'yaml'), join(installed, '..', 'yaml'), 'dir');
  writeFileSync(join(scratch, 'user', 'package.json'), '{"type":"module"}');
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs a module in the folder of the user. */
async function node(code: string): Promise<string> {
  const args = ['--input-type=module', '--eval', code];
  const { stdout } = await run(process.execPath, args, { cwd: join(scratch, 'user') });
  return stdout.trim();
}

describe('the packed package', () => {
  test('exports these names and no others', async () => {
    const code = "console.log(Object.keys(await import('markdownops')).sort().join(' '))";
    expect(await node(code)).toBe('normalizePrompt parsePrompt');
  });

  test('runs in Node with nothing but yaml beside it', async () => {
    const code = `import { normalizePrompt, parsePrompt } from 'markdownops'; ${USE} console.log(said)`;
    expect(await node(code)).toBe(SAID);
  });

  test('holds compiled code, types and the schema, and no sources', () => {
    const names = readdirSync(installed, { recursive: true }).map(String);
    expect(names).toEqual(
      expect.arrayContaining([join('dist', 'index.d.ts'), join('spec', 'frontmatter.schema.json')]),
    );
    const others = names.filter((name) => /dist\/worker|\btest\b|(?<!\.d)\.ts$/.test(name));
    expect(others).toEqual([]);
    expect(readFileSync(join(installed, 'dist', 'index.d.ts'), 'utf8')).toContain(
      'export type { Position, Problem, Severity }',
    );
  });

  test('has types that compile in a strict program without any platform', async () => {
    const program = `import { normalizePrompt, parsePrompt, type CompletionRequest, type Problem } from 'markdownops';
const { request, problems } = normalizePrompt(parsePrompt('Hi', { path: 'a.md' }), { providers: [] });
export const one: CompletionRequest | null = request;
export const all: readonly Problem[] = problems;
// @ts-expect-error -- a context without providers is a mistake
normalizePrompt(parsePrompt('Hi'), {});
`;
    writeFileSync(join(scratch, 'user', 'use.ts'), program);
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = '--noEmit --strict --module nodenext --target es2024 --lib es2024';
    const args = [tsc, ...options.split(' '), '--types', '', 'use.ts'];
    const failed = await run(process.execPath, args, { cwd: join(scratch, 'user') }).catch(
      (error: { stdout: string }) => error,
    );
    expect(failed.stdout).toBe('');
  });

  test('is a small bundle for browsers, which uses nothing of a platform but URL and bytes', async () => {
    const { outputFiles, metafile } = await build({
      stdin: {
        contents: `import { normalizePrompt, parsePrompt } from 'markdownops'; ${USE} globalThis.said = said;`,
        resolveDir: join(scratch, 'user'),
      },
      bundle: true,
      platform: 'browser',
      format: 'iife',
      minify: true,
      metafile: true,
      write: false,
      logLevel: 'silent',
    });
    const [bundle] = outputFiles;
    expect(gzipSync(bundle?.contents ?? '', { level: 9 }).length).toBeLessThanOrEqual(80 * 1024);
    const packages = Object.keys(metafile.inputs).map(
      (path) => /.*node_modules\/([^/]+)/.exec(path)?.[1],
    );
    expect([...new Set(packages)].toSorted()).toEqual(['markdownops', 'yaml', undefined]);
    const world = createContext({ URL, TextEncoder });
    runInContext(bundle?.text ?? '', world);
    expect(runInContext('said', world)).toBe(SAID);
  });

  test('is a command line, too', async () => {
    // What the command line needs beyond the parser is installed as well then.
    const folder = join(scratch, 'tool', 'node_modules');
    mkdirSync(folder, { recursive: true });
    cpSync(installed, join(folder, 'markdownops'), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'markdownops', 'node_modules'), 'dir');
    const mdops = join(folder, 'markdownops', 'dist', 'cli', 'mdops.js');
    const { stdout } = await run(process.execPath, [mdops, '--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const prompts = join(root, 'prompts');
    expect((await run(process.execPath, [mdops, 'check', prompts])).stdout).toContain(
      'no problems',
    );
    expect(
      (await run(process.execPath, [mdops, 'run', join(prompts, 'hello.md')])).stdout,
    ).not.toBe('');
  });
});

describe('markdownops/proxy', () => {
  const NAMES = 'MCPProviders chatCompletionsProxy mcp memoryRows';
  const folder = join(scratch, 'app');
  /** What the bundlers of each platform ask packages for. */
  const CONDITIONS = {
    workerd: ['workerd', 'worker', 'browser', 'import'],
    node: ['node', 'import'],
  } as const;

  beforeAll(() => {
    // What the library needs beyond the parser is installed as well then.
    const place = join(folder, 'node_modules', 'markdownops');
    mkdirSync(place, { recursive: true });
    cpSync(installed, place, { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'), 'dir');
    for (const name of ['openai', '@cloudflare', '@types']) {
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'dir');
    }
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  });

  /** What a bundle for a platform exports, and from which files it is made. */
  async function bundled(platform: keyof typeof CONDITIONS) {
    const { metafile } = await build({
      stdin: { contents: "export * from 'markdownops/proxy'", resolveDir: folder },
      bundle: true,
      format: 'esm',
      platform: platform === 'node' ? 'node' : 'neutral',
      mainFields: ['module', 'main'],
      conditions: [...CONDITIONS[platform]],
      external: ['cloudflare:*', 'node:*'],
      outfile: 'out.js',
      metafile: true,
      write: false,
      logLevel: 'silent',
    });
    const inputs = Object.keys(metafile.inputs).filter((path) => path.includes('markdownops/dist'));
    return { names: metafile.outputs['out.js']?.exports.toSorted().join(' '), inputs };
  }

  test('exports these names and no others in Node', async () => {
    const code = "console.log(Object.keys(await import('markdownops/proxy')).sort().join(' '))";
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: folder,
    });
    expect(stdout.trim()).toBe(NAMES);
  });

  test('exports the same in a Worker, where the Durable Object is one', async () => {
    const worker = await bundled('workerd');
    const node = await bundled('node');
    expect([worker.names, node.names]).toEqual([NAMES, NAMES]);
    const isWorkerd = (path: string): boolean => path.includes('proxy-workerd');
    expect(worker.inputs.filter(isWorkerd)).not.toEqual([]);
    expect(node.inputs.filter(isWorkerd)).toEqual([]);
  });

  test.each(['workerd', 'node'] as const)(
    'brings nothing of the server along (%s)',
    async (platform) => {
      const { inputs } = await bundled(platform);
      const foreign = /dist\/(?:worker|cli|demo|index)\b/;
      expect(inputs.filter((path) => foreign.test(path))).toEqual([]);
      expect(inputs.some((path) => path.includes('dist/node/'))).toBe(platform === 'node');
    },
  );

  test('has types with which the code of the README and the example compile', async () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const shown = /^```ts\n([\s\S]*?)^```$/m.exec(readme)?.[1] ?? '';
    expect(shown).toContain('markdownops/proxy');
    writeFileSync(join(folder, 'readme.ts'), shown);
    cpSync(join(root, 'examples/chat-with-tools/index.ts'), join(folder, 'worker.ts'));
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const compiled = async (types: string, file: string): Promise<string> => {
      const options = '--noEmit --strict --skipLibCheck --module nodenext --target es2024';
      const args = [tsc, ...options.split(' '), '--lib', 'es2024', '--types', types, file];
      const failed = await run(process.execPath, args, { cwd: folder }).catch(
        (error: { stdout: string }) => error,
      );
      return failed.stdout;
    };
    expect(await compiled('node', 'readme.ts')).toBe('');
    expect(await compiled('@cloudflare/workers-types', 'worker.ts')).toBe('');
  });
});

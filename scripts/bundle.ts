import { rmSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { writePageFiles } from './page-files.ts';

/** A module of the bundled Worker. */
export interface BundledModule {
  /** Name under which the others import it. */
  readonly name: string;
  /** Absolute path of its file. */
  readonly path: string;
}

const ROOT = join(import.meta.dirname, '..');

/**
 * How the Worker is bundled. What it imports lazily stays in modules of its own, so that a start
 * does not pay for what the first request does not need.
 */
export const WORKER_BUNDLE = {
  absWorkingDir: ROOT,
  entryPoints: ['src/worker/index.ts'],
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2024',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  conditions: ['workerd', 'worker', 'browser', 'import', 'default'],
  external: ['cloudflare:*', 'node:*'],
  loader: { '.css': 'text' },
  minify: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'error',
} as const satisfies BuildOptions;

/**
 * Bundles the Worker into `outdir`.
 * @param entry another Worker than the product's, for tests; an `index.ts`
 * @returns the entry first, then the others
 */
export async function bundleWorker(
  outdir: string,
  entry: string = WORKER_BUNDLE.entryPoints[0],
): Promise<BundledModule[]> {
  rmSync(outdir, { recursive: true, force: true });
  await writePageFiles();
  const { metafile } = await build({ ...WORKER_BUNDLE, entryPoints: [entry], outdir });
  const modules = Object.keys(metafile.outputs).map((output) => {
    const path = join(ROOT, output);
    return { name: relative(outdir, path), path };
  });
  const isEntry = ({ name }: BundledModule) => basename(name) === 'index.js';
  return [...modules.filter(isEntry), ...modules.filter((module) => !isEntry(module))];
}

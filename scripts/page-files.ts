/**
 * Builds the files of the editor's page: `editor.js`, `parser.js` and `editor.css`, from
 * `src/publish/page/editor/`. They are too big to be kept as source: whatever needs them makes them
 * (`npm start`, the tests, `wrangler`), as modules that the Worker imports when a page asks. Beside
 * them it writes a hash of the code that lays out runs, from which the tags of their forms are made.
 * @see spec/decisions/0011-page-files.md
 */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, pid } from 'node:process';
import { build } from 'esbuild';
import type { BuildOptions } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');
const SOURCE = 'src/publish/page/editor';
const TARGET = join(ROOT, 'src/worker/editor');

/** What lays out a run: the tags of its forms change when this code does. */
const RENDERERS = 'src/worker/run/run-forms.ts';
const RENDERER_VERSION = join(ROOT, 'src/worker/run/renderer-version.js');

/** Name under `/assets/` → where it is made from. */
const FILES = {
  'editor.js': `${SOURCE}/main.ts`,
  'parser.js': `${SOURCE}/parser-worker.ts`,
  'editor.css': `${SOURCE}/editor.css`,
} as const;

const PAGE_BUNDLE = {
  absWorkingDir: ROOT,
  bundle: true,
  write: false,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
  logLevel: 'error',
} as const satisfies BuildOptions;

/** The files by name, as a browser gets them. */
export async function pageFiles(): Promise<ReadonlyMap<string, string>> {
  const made = Object.entries(FILES).map(async ([name, entry]): Promise<[string, string]> => {
    return [name, await bundled(entry)];
  });
  return new Map(await Promise.all(made));
}

async function bundled(entry: string): Promise<string> {
  const { outputFiles } = await build({ ...PAGE_BUNDLE, entryPoints: [entry] });
  return outputFiles[0]?.text ?? '';
}

/** Writes the modules from which the Worker serves them; only what changed is touched. */
export async function writePageFiles(): Promise<void> {
  const [files, renderers] = await Promise.all([pageFiles(), bundled(RENDERERS)]);
  const versions = [...files].map(([name, body]) => [name, hashOf(body)]);
  replace(
    join(TARGET, 'page-bodies.js'),
    `export const BODIES = ${JSON.stringify(Object.fromEntries(files))};\n`,
  );
  replace(
    join(TARGET, 'page-versions.js'),
    `export const VERSIONS = ${JSON.stringify(Object.fromEntries(versions))};\n`,
  );
  const version = hashOf(renderers);
  replace(RENDERER_VERSION, `export const RENDERER_VERSION = ${JSON.stringify(version)};\n`);
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 16);
}

/** In one step: another process may be bundling the Worker right now. */
function replace(path: string, text: string): void {
  if (textOf(path) === text) return;
  const written = `${path}.${pid}.tmp`;
  writeFileSync(written, text);
  renameSync(written, path);
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

if (argv[1] === import.meta.filename) await writePageFiles();

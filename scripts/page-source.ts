/**
 * Writes `src/publish/page-source.ts`: the stylesheet and the script of the pages, which live as
 * real files in `src/publish/page/`, as strings that Node and the Worker's bundle can both import.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { buildSync } from 'esbuild';

const FOLDER = new URL('../src/publish/page/', import.meta.url);
const TARGET = new URL('../src/publish/page-source.ts', import.meta.url);

function smallest(file: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [new URL(file, FOLDER).pathname],
    bundle: true,
    format: 'esm',
    write: false,
    minify: true,
    target: 'es2022',
    legalComments: 'none',
  });
  return outputFiles[0]?.text ?? '';
}

function constant(name: string, text: string): string {
  const literal = text.trim().replace(/[\\`]|\$\{/g, '\\$&');
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return `export const ${name} = \`${literal}\`;\nexport const ${name}_HASH = '${hash}';\n`;
}

/** The whole module, as it is written. */
export function pageSource(): string {
  return [
    '// Generated from src/publish/page/ by scripts/page-source.ts; a test compares them.\n',
    constant('STYLE', smallest('style.css')),
    constant('SCRIPT', smallest('run.js')),
  ].join('');
}

if (argv[1] === import.meta.filename) writeFileSync(TARGET, pageSource());

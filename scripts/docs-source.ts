/**
 * Writes `src/publish/docs/docs-source.ts`: the guide, the examples of `prompts/` and the stylesheet
 * of the documentation, which live as real files, as strings that the Worker's bundle can import.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { argv } from 'node:process';
import { transformSync } from 'esbuild';

const ROOT = new URL('../', import.meta.url);
const TARGET = new URL('src/publish/docs/docs-source.ts', ROOT);

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

function literal(text: string): string {
  return `\`${text.replace(/[\\`]|\$\{/g, '\\$&')}\``;
}

function smallStyle(): string {
  const source = read('src/publish/page/docs.css');
  return transformSync(source, { loader: 'css', minify: true, target: 'es2022' }).code.trim();
}

/** The whole module, as it is written. */
export function docsSource(): string {
  const style = smallStyle();
  const hash = createHash('sha256').update(style).digest('hex').slice(0, 16);
  const prompts = readdirSync(new URL('prompts/', ROOT)).map((file) => {
    const name = basename(file, '.md');
    const key = /^\w+$/.test(name) ? name : `'${name}'`;
    return `  ${key}: ${literal(read(`prompts/${file}`))},\n`;
  });
  return `// Generated from guide.md, prompts/ and page/docs.css by scripts/docs-source.ts; a test compares them.
export const GUIDE = ${literal(read('src/publish/docs/guide.md'))};
export const DOCS_STYLE = ${literal(style)};
export const DOCS_STYLE_HASH = '${hash}';
export const PROMPTS = {
${prompts.join('')}};
`;
}

if (argv[1] === import.meta.filename) writeFileSync(TARGET, docsSource());

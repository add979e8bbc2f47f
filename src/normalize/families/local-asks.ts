import { nameList } from '../name-list.ts';
import type { Draft } from './draft.ts';

interface Asks {
  readonly commands: Set<string>;
  readonly files: Set<string>;
  readonly placeholders: Set<string>;
  first: number;
}

/**
 * Commands and files of the project that a file was written for: `` !`git status` ``,
 * `@src/app.ts`, `#file:app.ts`, links to files beside it, imported files. None of them is here and
 * nothing is ever executed; the text stays as it is, with one warning.
 */
export function reportLocalAsks(draft: Draft): void {
  report(draft, []);
}

/** The same, and what an editor puts in of the file that is open: `${selection}`, `${file}`. */
export function reportEditorAsks(draft: Draft): void {
  report(draft, draft.body.matchAll(EDITOR));
}

function report(draft: Draft, placeholders: Iterable<RegExpExecArray>): void {
  const asks: Asks = {
    commands: new Set(),
    files: new Set(),
    placeholders: new Set(),
    first: -1,
  };
  for (const { line, start } of proseLines(draft.body)) {
    readLine(asks, line, start);
  }
  for (const { 0: written, index } of placeholders) {
    note(asks, asks.placeholders, written, index);
  }
  for (const name of importsOf(draft.value('imports'))) {
    asks.files.add(name);
  }
  const { commands, files, first } = asks;
  const parts = [
    named('commands', commands),
    named('files', files),
    named('placeholders', asks.placeholders),
  ].filter((part) => part !== '');
  if (parts.length > 0) {
    const at =
      first === -1 ? draft.at([draft.entry('imports')?.key ?? '']) : draft.bodyPosition(first);
    const message = `Only in its own project, so not run and not read: ${parts.join('; ')}.`;
    draft.report('warning', 'local_only', message, at);
  }
}

function note(asks: Asks, kind: Set<string>, name: string, at: number): void {
  kind.add(name);
  asks.first = asks.first === -1 ? at : Math.min(asks.first, at);
}

function named(kind: string, names: ReadonlySet<string>): string {
  return names.size === 0 ? '' : `${kind} ${nameList([...names], 8)}`;
}

function importsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Lines outside of fences; a fence that begins with `!` is itself a command. */
function* proseLines(body: string): Generator<{ line: string; start: number }> {
  let fence: string | null = null;
  let start = 0;
  for (const line of body.split(/(?<=\n)/)) {
    const mark = /^ {0,3}(```|~~~)/.exec(line)?.[1];
    if (mark !== undefined && (fence === null || fence === mark)) {
      if (fence === null && line.trim().startsWith(`${mark}!`)) {
        yield { line: '!`…`', start };
      }
      fence = fence === null ? mark : null;
    } else if (fence === null) {
      yield { line, start };
    }
    start += line.length;
  }
}

const COMMAND = /(?<![^\s(])!`([^`\r\n]{1,200})`/g;
const FILE = /(?<![\w`@/])(?:@|#file:)([\w.~*][\w.~*/-]{0,200})/g;
/** Names of VS Code; `${file}` in a shell script is another, but one more warning harms nobody. */
const EDITOR =
  /\$\{(?:selection|selectedText|file|fileBasename|fileBasenameNoExtension|fileDirname|fileExtname|relativeFile|relativeFileDirname|fileWorkspaceFolder|workspaceFolder|workspaceFolderBasename|lineNumber)(?::[^}\r\n]{1,60})?\}/g;
const LINK = /\]\((\.{0,2}[\w/.-]{1,200})\)/g;

function readLine(asks: Asks, line: string, start: number): void {
  for (const [pattern, kind] of [
    [COMMAND, asks.commands],
    [FILE, asks.files],
    [LINK, asks.files],
  ] as const) {
    for (const match of line.matchAll(pattern)) {
      const name = (match[1] ?? '').replace(/(?<![.,])[.,]+$/, '');
      if (pattern === COMMAND || isFileName(name)) {
        note(asks, kind, name, start + match.index);
      }
    }
  }
}

const EXTENSION =
  /\.(?:astro|c|cc|cfg|cpp|cs|css|csv|cts|env|go|h|html|ini|java|js|json|jsonc|jsx|kt|lock|lua|md|mdc|mdx|mjs|mts|php|prisma|prompt|py|rb|rs|scss|sh|sql|svelte|svg|swift|toml|ts|tsx|txt|vue|xml|yaml|yml)$/i;

/** `src/app.ts`, `./x`, `README.md`; not `@alice`, `@scope/package` or `@example.com`. */
function isFileName(name: string): boolean {
  return /^(?:\.{1,2}|~)\//.test(name) || EXTENSION.test(name);
}

import { splitFrontmatter } from '../../../parse/frontmatter.ts';

/** One replacement in a text: the stretch from `from` up to `to` becomes `text`. */
export interface TextEdit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** The lines of the settings, and how they end. */
interface Block {
  readonly from: number;
  readonly to: number;
  readonly lineEnd: string;
}

/** A setting with the lines that belong to it; `to` is behind its last line end. */
interface Entry {
  readonly from: number;
  readonly to: number;
  /** What stands behind the colon on its first line. */
  readonly first: string;
  /** The lines after its first one, comments and blank lines at their end left out. */
  readonly rest: readonly string[];
}

/**
 * Writes a setting of one line, such as the model. Everything else stays as its author wrote it,
 * order and comments too.
 * @param key of letters and underscores
 * @returns null where the settings have a form that is only to be changed by hand
 */
export function withSetting(text: string, key: string, value: string): TextEdit | null {
  const line = `${key}: ${scalar(value)}`;
  const block = settingsBlock(text);
  if (block === null) return newBlock(text, line);
  if (isFlow(text, block)) return null;
  const entry = findEntry(text, block, key);
  if (entry === null) return { from: block.to, to: block.to, text: line + block.lineEnd };
  const comment = entry.rest.length === 0 ? valueAndComment(entry.first).comment : '';
  return { from: entry.from, to: entry.to, text: line + comment + block.lineEnd };
}

/**
 * Adds a tool server to the settings.
 * @returns null where the settings have a form that is only to be changed by hand
 */
export function withServer(text: string, url: string): TextEdit | null {
  const block = settingsBlock(text);
  if (block === null) return newBlock(text, `tools:\n${item(url, '  ')}`);
  if (isFlow(text, block)) return null;
  const { lineEnd } = block;
  const entry = findEntry(text, block, 'tools');
  if (entry === null) {
    const lines = [`tools:`, item(url, '  '), ''];
    return { from: block.to, to: block.to, text: lines.join(lineEnd) };
  }
  const written = addedTo(entry, url, lineEnd);
  return written === null ? null : { from: entry.from, to: entry.to, text: written + lineEnd };
}

/** The edit when there are no settings yet: they come first, after the line that names a program. */
function newBlock(text: string, lines: string): TextEdit {
  const mark = text.startsWith('\uFEFF') ? 1 : 0;
  const program = /^#![^\n]*\n/.exec(text.slice(mark))?.[0].length ?? 0;
  const from = mark + program;
  const lineEnd = /\r?\n/.exec(text)?.[0] ?? '\n';
  const written = `---\n${lines}\n---\n\n`.replaceAll('\n', lineEnd);
  return { from, to: from, text: written };
}

function settingsBlock(text: string): Block | null {
  const mark = text.startsWith('\uFEFF') ? 1 : 0;
  const split = splitFrontmatter(text.slice(mark), false);
  if (split.kind !== 'block') return null;
  const [from, to] = [mark + split.from, mark + split.to];
  return { from, to, lineEnd: text.slice(0, from).endsWith('\r\n') ? '\r\n' : '\n' };
}

/** `{a: 1}`: lines cannot be added to it. */
function isFlow(text: string, { from, to }: Block): boolean {
  const first = text
    .slice(from, to)
    .split('\n')
    .find((line) => line.trim() !== '' && !line.startsWith('#'));
  return first?.startsWith('{') === true;
}

/** A key at the start of a line, and the lines up to the next one. */
function findEntry(text: string, block: Block, key: string): Entry | null {
  const lines = linesOf(text, block);
  const start = lines.findIndex(({ line }) => keyOf(line) === key);
  const found = lines[start];
  if (found === undefined) return null;
  const after = lines.slice(start + 1);
  const next = after.findIndex(({ line }) => keyOf(line) !== null);
  const own = next === -1 ? after : after.slice(0, next);
  // Comments and blank lines before the next setting are about that one.
  while (/^\s*(?:#|$)/.test(own.at(-1)?.line ?? 'x')) own.pop();
  return {
    from: found.from,
    to: own.at(-1)?.to ?? found.to,
    first: found.line.slice(found.line.indexOf(':') + 1),
    rest: own.map(({ line }) => line),
  };
}

function linesOf(text: string, { from, to }: Block) {
  const lines: { readonly line: string; readonly from: number; readonly to: number }[] = [];
  for (let offset = from; offset < to;) {
    const end = text.indexOf('\n', offset) + 1;
    const stop = end === 0 || end > to ? to : end;
    lines.push({
      line: text.slice(offset, stop).replace(/\r?\n$/, ''),
      from: offset,
      to: stop,
    });
    offset = stop;
  }
  return lines;
}

function keyOf(line: string): string | null {
  const [, plain, quoted] =
    /^(?:([A-Za-z_][\w-]*)|["']([\w-]+)["'])[ \t]*:(?:[ \t]|$)/.exec(line) ?? [];
  return plain ?? quoted ?? null;
}

/** The entry with one more server, without a line end; null for a form that is not understood. */
function addedTo({ first, rest }: Entry, url: string, lineEnd: string): string | null {
  const { value, comment } = valueAndComment(first);
  if (rest.length === 0) {
    if (/^[[{|>&*!]/.test(value)) return addedToFlow(value, url, comment);
    const before = value === '' ? [] : [`  - ${value}`];
    return [`tools:${comment}`, ...before, item(url, '  ')].join(lineEnd);
  }
  const indent = /^([ \t]*)- /.exec(rest.find((line) => /^[ \t]*[^#\s]/.test(line)) ?? '')?.[1];
  if (value !== '' || indent === undefined) return null;
  return [`tools:${first}`, ...rest, item(url, indent)].join(lineEnd);
}

/** `[a, b]` on one line. */
function addedToFlow(value: string, url: string, comment: string): string | null {
  const inside = /^\[([^[\]{}#&*]*)\]$/.exec(value)?.[1]?.trim().replace(/,$/, '');
  if (inside === undefined) return null;
  const added = JSON.stringify(url);
  return `tools: [${inside === '' ? added : `${inside}, ${added}`}]${comment}`;
}

function item(url: string, indent: string): string {
  return `${indent}- ${scalar(url)}`;
}

/** A text of YAML: as it is where no rule of YAML could read it otherwise, else in quotes. */
function scalar(value: string): string {
  const isPlain =
    /^[A-Za-z/][\w./@+~?=&%:-]*$/.test(value) &&
    !/:$|^(?:true|false|null|yes|no|on|off)$/i.test(value);
  return isPlain ? value : JSON.stringify(value);
}

/** The value that stands on a line, and the comment after it, with a space before it. */
function valueAndComment(rest: string): { readonly value: string; readonly comment: string } {
  let quote = '';
  for (let at = 0; at < rest.length; at += 1) {
    const letter = rest.charAt(at);
    const isEscape = quote === '"' && letter === '\\';
    const isFree = quote === '' && (at === 0 || /\s/.test(rest.charAt(at - 1)));
    if (isEscape) at += 1;
    else if (letter === quote) quote = '';
    else if (isFree && (letter === '"' || letter === "'")) quote = letter;
    else if (isFree && letter === '#') {
      return { value: rest.slice(0, at).trim(), comment: ` ${rest.slice(at)}` };
    }
  }
  return { value: rest.trim(), comment: '' };
}

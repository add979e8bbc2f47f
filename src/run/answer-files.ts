import type { FencedBlock } from './fenced-blocks.ts';

/** A named code block of an answer. */
export interface AnswerFile {
  /** Relative, with `/` between its parts, none of which is `.` or `..`. */
  readonly path: string;
  readonly text: string;
}

const MAX_FILES = 100;
const LONGEST_PATH = 200;
/** What is longer is no name. */
const LONGEST_INFO = 500;

/**
 * The files that an answer holds: its blocks whose fence names one, as in ` ```ts src/a.ts ` or
 * ` ```ts path="src/a.ts" `. Of two blocks for one path the later counts: models correct themselves.
 * @see spec/prompt-format.md OUT
 */
export function answerFiles(blocks: readonly FencedBlock[]): readonly AnswerFile[] {
  const files = new Map<string, string>();
  for (const { info, text } of blocks) {
    const path = pathIn(info);
    if (path !== null && (files.has(path) || files.size < MAX_FILES)) files.set(path, text);
  }
  return Array.from(files, ([path, text]) => ({ path, text }));
}

/** The path that the fence of a block names, or null. */
export function pathIn(info: string): string | null {
  const start = info.slice(0, LONGEST_INFO);
  const named =
    /(?:^|[\s{])(path|file|filename|title)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'}]+))/.exec(start);
  if (named !== null) {
    const [, key, double, single, bare] = named;
    const path = double ?? single ?? bare ?? '';
    // A title may be any words.
    return key === 'title' && !looksLikePath(path) ? null : normalized(path);
  }
  const second = start.split(/\s+/)[1] ?? '';
  return /[={}"']/.test(second) || !looksLikePath(second) ? null : normalized(second);
}

function looksLikePath(text: string): boolean {
  return /\/|\.[A-Za-z0-9]{1,12}$/.test(text);
}

/**
 * A path as it is used, or null for one that leads out of its folder, is absolute or cannot be
 * typed: whoever saves the files of an answer must not overwrite `../../.ssh/config`.
 */
function normalized(written: string): string | null {
  if (written.length > LONGEST_PATH || /^\/|[\\:\p{C}]/u.test(written)) return null;
  const parts = written.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 || parts.includes('..') ? null : parts.join('/');
}

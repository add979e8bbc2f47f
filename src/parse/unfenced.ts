import type { Split } from './frontmatter.ts';

/** Settings that the prompt files of Continue begin with. */
const KEY =
  /^(?:name|description|version|invokable|model|temperature|top_?p|stop|(?:max|top)_?[A-Za-z]{1,9}|(?:presence|frequency)_?[Pp]enalty)[ \t]*:(?:[ \t]|$)/;
/** Lines that such a block has at most; a list of items is none. */
const MAX_LINES = 40;

/**
 * Settings without the line `---` before them, as Continue's files `*.prompt` have them: lines
 * `key: value` from the start of the document to the first line `---`.
 *
 * @param path name of the file; without one it takes a `name` and a `description` to be sure
 * @returns null for every other document
 * @see spec/prompt-format.md FM-13
 */
export function splitUnfenced(text: string, path: string | undefined): Split | null {
  const isNamed = path !== undefined;
  if (isNamed && !/\.prompt$|(?:^|[/\\])\.continue[/\\]/.test(path)) {
    return null;
  }
  const keys: string[] = [];
  let offset = 0;
  for (let lines = 0; lines < MAX_LINES && offset < text.length; lines += 1) {
    const end = text.slice(offset).search(/[\r\n]|$/) + offset;
    const line = text.slice(offset, end).trimEnd();
    const next = end + (text.startsWith('\r\n', end) ? 2 : 1);
    if (line === '---') {
      const isSure = isNamed ? keys.length > 0 : ['name', 'description'].every(isIn(keys));
      const bodyStart = Math.min(next, text.length);
      return isSure ? { kind: 'block', bodyStart, fence: 0, from: 0, to: offset } : null;
    }
    if (line !== '' && !KEY.test(line)) {
      return null;
    }
    keys.push(...line.split(':', 1));
    offset = next;
  }
  return null;
}

function isIn(keys: readonly string[]): (key: string) => boolean {
  return (key) => keys.includes(key);
}

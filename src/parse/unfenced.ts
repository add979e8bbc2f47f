import type { Split } from './frontmatter.ts';

/** Lines `key: value` with the keys that prompt files of Continue begin with, and a line `---`. */
const BLOCK =
  /^((?:(?:name|description|version|invokable|model|temperature|top_?[pPkK]|stop|max_?[tT]okens)[ \t]*:(?:[ \t][^\r\n]*)?(?:\r\n|[\r\n])){1,40})---[ \t]*(?:\r\n|[\r\n]|$)/;

const NAMES = [/^name[ \t]*:/m, /^description[ \t]*:/m];

/** What such a file says to the model: who speaks, or what is put in. */
const TAGS = /^[ \t]*<system>|\{\{\{ {0,3}(?:input|url)\b/im;

/**
 * Settings without the line `---` before them, as Continue's files `*.prompt` have them: lines
 * `key: value` from the start of the document to the first line `---`.
 *
 * @param path name of the file; without one it takes a `name`, a `description` and their tags to be sure, since the
 *   card of a character in a prompt begins like that too
 * @returns null for every other document
 * @see spec/prompt-format.md FM-13
 */
export function splitUnfenced(text: string, path: string | undefined): Split | null {
  const isNamed = path !== undefined;
  if (isNamed && !/\.prompt$|(?:^|[/\\])\.continue[/\\]/.test(path)) {
    return null;
  }
  const [whole = '', block = ''] = BLOCK.exec(text) ?? [];
  const isSure = isNamed || (NAMES.every((name) => name.test(block)) && TAGS.test(text));
  return block !== '' && isSure
    ? { kind: 'block', bodyStart: whole.length, fence: 0, from: 0, to: block.length }
    : null;
}

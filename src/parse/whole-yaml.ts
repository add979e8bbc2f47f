import type { Split } from './frontmatter.ts';

/** A key of the first level, a comment, a list item, a marker of YAML, or the end of brackets. */
const FIRST_COLUMN = /^(?:[\w$.-]+[ \t]*:(?:[ \t]|$)|#|-[ \t]|-$|---[ \t]*$|\.\.\.[ \t]*$|[\]}])/;

/**
 * A document that is YAML from end to end and keeps its prompt under `messages:`, as the files
 * `*.prompt.yml` of GitHub Models do. Its frontmatter is everything and its body nothing.
 *
 * @param path name of the file, where it says that the document is one
 * @returns null for every other document, so also for frontmatter that has a body behind it
 * @see spec/prompt-format.md FM-12
 */
export function splitWholeYaml(text: string, path: string | undefined): Split | null {
  const from = /^(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r))*---[ \t]*(?:\r\n|\n|\r)/.exec(text);
  const start = from?.[0].length ?? 0;
  const isNamed = /\.prompt\.ya?ml$/.test(path ?? '');
  if (!isNamed && !looksWhole(text.slice(start))) {
    return null;
  }
  return { kind: 'block', bodyStart: text.length, fence: 0, from: start, to: text.length };
}

/** Every line that is not indented is one of YAML, and `messages:` is a list with roles. */
function looksWhole(text: string): boolean {
  if (
    !/^messages:[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r)\s{0,40}-[ \t]{1,9}(?:role|content)[ \t]*:/m.test(
      text,
    )
  ) {
    return false;
  }
  return (
    text
      .split(/\r\n|\n|\r/)
      .every((line) => line === '' || /^[ \t]/.test(line) || FIRST_COLUMN.test(line)) &&
    !/^---[ \t]*$/m.test(text)
  );
}

import type { Split } from './frontmatter.ts';

/** A key of the first level, a comment, a list item, the end of brackets, or YAML's `...`. */
const FIRST_COLUMN = /^(?:[\w$.-]+[ \t]*:(?:[ \t]|$)|#|-[ \t]|-$|\.\.\.[ \t]*$|[\]}])/;
const MESSAGES = /^messages[ \t]*:[ \t]*(?:#.*)?$/;
const FIRST_MESSAGE = /^[ \t]*-[ \t]+(?:role|content)[ \t]*:/;

/**
 * A document that is YAML from end to end and keeps its prompt under `messages:`, as the files
 * `*.prompt.yml` of GitHub Models do. Its frontmatter is everything and its body nothing.
 *
 * @param path name of the file, where it says that the document is one
 * @returns null for every other document, so also for frontmatter that has a body behind it
 * @see spec/prompt-format.md FM-11
 */
export function splitWholeYaml(text: string, path: string | undefined): Split | null {
  const isNamed = /\.prompt\.ya?ml$/.test(path ?? '');
  if (!isNamed && !text.includes('messages')) {
    return null;
  }
  const start = behindMarker(text);
  return isNamed || looksWhole(text.slice(start).split(/\r\n|\n|\r/))
    ? { kind: 'block', bodyStart: text.length, fence: 0, from: start, to: text.length }
    : null;
}

/** Offset behind the line `---` that YAML may begin with, which only comments stand before. */
function behindMarker(text: string): number {
  let offset = 0;
  for (const line of text.split(/(?<=\n)/)) {
    offset += line.length;
    const trimmed = line.trim();
    if (trimmed === '---') {
      return offset;
    }
    if (trimmed !== '' && !trimmed.startsWith('#')) {
      break;
    }
  }
  return 0;
}

/** Every line that is not indented is one of YAML, and `messages:` is a list with roles. */
function looksWhole(lines: readonly string[]): boolean {
  const messages = lines.findIndex((line) => MESSAGES.test(line));
  const first = lines.slice(messages + 1).find((line) => !/^[ \t]*(?:#.*)?$/.test(line)) ?? '';
  return (
    messages !== -1 &&
    FIRST_MESSAGE.test(first) &&
    lines.every((line) => line === '' || /^[ \t]/.test(line) || FIRST_COLUMN.test(line))
  );
}

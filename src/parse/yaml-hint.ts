import type { YAMLError } from 'yaml';

/** An error of the YAML reader in words, at the offset where a person should look. */
export interface ExplainedError {
  readonly message: string;
  readonly offset: number;
}

/** Says what is wrong with a YAML block and, where it is a known slip, how to mend it. */
export function explainYamlError(error: YAMLError, text: string): ExplainedError {
  const offset = placeOf(error, text);
  const hint = hintFor(error, text);
  const said = error.message.split('\n')[0] ?? '';
  return {
    message: `The frontmatter is not valid YAML: ${said.replace(/\.$/, '')}.${hint === null ? '' : ` ${hint}`}`,
    offset,
  };
}

function placeOf(error: YAMLError, text: string): number {
  const [start, end] = error.pos;
  if (isUnclosed(error)) {
    // What is not closed is missed at the end of the block; the author looks where text ends.
    return text.slice(0, start).trimEnd().length;
  }
  // The library points at the start of a key that spans lines; reading stumbles at its colon.
  return error.code === 'MULTILINE_IMPLICIT_KEY' ? end : start;
}

/** A quote or bracket that is not closed; a bracket that text follows is told as wrong indentation. */
function isUnclosed({ code, message }: YAMLError): boolean {
  return code === 'MISSING_CHAR' || (code === 'BAD_INDENT' && /^Flow .* end with a /.test(message));
}

/** What helps against the errors that are always made the same way. */
const HINTS: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  TAB_AS_INDENT: 'Indent with spaces.',
  MULTILINE_IMPLICIT_KEY: 'Is a colon missing at the end of the line above, or a space after one?',
  BLOCK_AS_IMPLICIT_KEY: 'A value that holds a colon and a space wants quotes.',
};

function hintFor(error: YAMLError, text: string): string | null {
  if (isUnclosed(error)) return 'Is a quote or a bracket not closed?';
  const isStart = error.code === 'BAD_SCALAR_START' || error.code === 'BAD_ALIAS';
  const first = isStart ? (text[error.pos[0]] ?? '') : firstOfValue(text, error.pos[0]);
  return HINTS[error.code] ?? quoteHint(first);
}

/** A value that begins with a character that means something in YAML wants quotes. */
export function quoteHint(character: string): string | null {
  return /^[@*&!%`[{'"|>]$/.test(character)
    ? `A value that begins with ${character} must be put in quotes.`
    : null;
}

/** First character of the value on the line of an offset: that of `key: value` or `- value`. */
function firstOfValue(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const line = text.slice(start).split(/[\r\n]/, 1)[0] ?? '';
  return /^\s*(?:- +)*(?:[\w$.-]+:\s+)?(\S)/.exec(line)?.[1] ?? '';
}

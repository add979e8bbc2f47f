import { Composer, type Document, Parser } from 'yaml';
import type { Frontmatter } from './document.ts';
import type { Problem, Severity } from './problem.ts';
import type { Source } from './source.ts';
import { nestsDeeperThan } from './yaml-depth.ts';
import { explainYamlError } from './yaml-hint.ts';
import { type LooseText, maskLooseTexts } from './loose-texts.ts';
import { readMap } from './yaml-read.ts';
import { YAML_OPTIONS } from './yaml-options.ts';

/** Bytes of a settings block; above it the YAML reader would be quadratic in hostile input. */
const MAX_BYTES = 16 * 1024;
/** Levels of maps and lists inside each other. */
export const MAX_DEPTH = 20;

/** Warnings of a block, and as many errors again: a hostile one has a problem in every line. */
const MAX_PROBLEMS = 100;

/** A settings block that was read, as far as it could be. */
export interface YamlBlock {
  readonly frontmatter: Frontmatter;
  readonly problems: readonly Problem[];
}

const EMPTY: Frontmatter = { entries: [], positions: new Map(), plain: new Map() };

/**
 * Reads the YAML between the fences: the 1.2 core schema, one map, no aliases, bounded in size and
 * depth before anything recursive sees it.
 *
 * @param source the whole document, so that positions are those of the file
 * @param from offset of the first line of the block
 * @param to offset of the closing fence
 * @see spec/prompt-format.md FM
 */
export function readYamlBlock(source: Source, from: number, to: number): YamlBlock {
  // YAML ends lines with a lone CR too, the library does not; the length stays the same.
  const written = source.text.slice(from, to).replace(/\r(?!\n)/g, '\n');
  const fail = (code: string, message: string, offset: number): YamlBlock => ({
    frontmatter: EMPTY,
    problems: [source.problem(code, 'error', message, from + offset)],
  });
  if (new TextEncoder().encode(written).length > MAX_BYTES) {
    return fail('frontmatter_too_large', 'The frontmatter is larger than 16 KB.', 0);
  }
  const { text, loose } = maskLooseTexts(written);
  const tokens = [...new Parser().parse(text)];
  if (nestsDeeperThan(tokens, MAX_DEPTH)) {
    return fail(
      'frontmatter_too_deep',
      `The frontmatter nests deeper than ${MAX_DEPTH} levels.`,
      0,
    );
  }
  const documents = [...new Composer(YAML_OPTIONS).compose(tokens, true, text.length)];
  const error = documents.flatMap((document) => document.errors)[0];
  if (error !== undefined) {
    const found = explainYamlError(error, text);
    return fail('invalid_yaml', found.message, found.offset);
  }
  const second = documents[1];
  if (second !== undefined) {
    return fail(
      'invalid_yaml',
      'The frontmatter holds more than one YAML document.',
      second.range[0],
    );
  }
  return withLooseTexts(readDocument(source, documents[0], from), loose, source, from);
}

/** Puts the texts back that were masked, each with a warning. */
function withLooseTexts(
  read: YamlBlock,
  loose: readonly LooseText[],
  source: Source,
  from: number,
): YamlBlock {
  const problems = loose.map(({ key, offset }) => {
    const message = `The value of ${key} is no YAML. It is read as text, as its own tool does; quotes make it YAML.`;
    return source.problem('loose_text', 'info', message, from + offset);
  });
  const entries = read.frontmatter.entries.map((entry) => {
    const text = loose.find(({ key }) => key === entry.key);
    return text === undefined ? entry : { ...entry, value: text.value };
  });
  const { frontmatter } = read;
  return { frontmatter: { ...frontmatter, entries }, problems: [...read.problems, ...problems] };
}

function readDocument(source: Source, document: Document.Parsed | undefined, from: number) {
  const problems: Problem[] = [];
  const report = (severity: Severity, code: string, message: string, offset: number): void => {
    if (problems.length >= (severity === 'error' ? 2 * MAX_PROBLEMS : MAX_PROBLEMS)) {
      return;
    }
    problems.push(source.problem(code, severity, message, from + offset));
  };
  for (const warning of document?.warnings ?? []) {
    report('warning', 'yaml_tag', `${warning.message}. It is read as plain data.`, warning.pos[0]);
  }
  const frontmatter = readMap(document?.contents ?? null, {
    report,
    positionAt: (offset) => source.positionAt(from + offset),
  });
  return { frontmatter: frontmatter ?? EMPTY, problems };
}

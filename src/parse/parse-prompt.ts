import type { PromptDocument, Reference } from './document.ts';
import { looksLikeDotprompt, type Split, splitFrontmatter } from './frontmatter.ts';
import { placeReferences } from './lines-of-urls.ts';
import type { Problem } from './problem.ts';
import { hiddenRanges } from './prose.ts';
import { findReferences } from './references.ts';
import { Source } from './source.ts';
import { splitUnfenced } from './unfenced.ts';
import { splitWholeYaml } from './whole-yaml.ts';
import { readYamlBlock } from './yaml-block.ts';

/** Bytes of UTF-8 in a document. */
const MAX_BYTES = 1024 * 1024;
/** References that are kept; a list of more is a problem of the prompt. */
const MAX_REFERENCES = 1000;

/**
 * Reads a prompt document: settings block, body, and the URLs in the prose of the body. Nothing is
 * decided and nothing is fetched; whatever is wrong is a problem with a position. Never throws.
 *
 * @param text the document, at most 1 MB of UTF-8 (`too_large` otherwise)
 * @param options `path`: the file's name, where it says what kind of document it is
 * @returns a document whose `body` is always the end of its `text`
 * @see spec/prompt-format.md
 */
export function parsePrompt(text: string, options: { path?: string } = {}): PromptDocument {
  const plain = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (isTooLarge(plain)) {
    const message = 'The document is larger than 1 MB.';
    return refused('', { code: 'too_large', severity: 'error', message });
  }
  const source = new Source(plain.toWellFormed());
  const nul = plain.indexOf('\0');
  if (nul !== -1) {
    const message = 'The document holds a NUL character, so it is not text.';
    return refused(source.text, source.problem('not_text', 'error', message, nul));
  }
  const split = splitDocument(source.text, options.path);
  const problems: Problem[] = [
    ...surrogateProblems(plain, source),
    ...splitProblems(split, source),
  ];
  const block = split.kind === 'block' ? readYamlBlock(source, split.from, split.to) : null;
  problems.push(...(block?.problems ?? []));
  const body = source.text.slice(split.bodyStart);
  const references = readReferences(body, split.bodyStart, source);
  if (references.length > MAX_REFERENCES) {
    const message = `Only the first ${MAX_REFERENCES} URLs of the text are looked at.`;
    problems.push({ code: 'too_many_references', severity: 'warning', message });
  }
  return {
    text: source.text,
    frontmatter: block?.frontmatter ?? null,
    body,
    bodyStart: split.bodyStart,
    references: references.slice(0, MAX_REFERENCES),
    problems,
  };
}

function splitDocument(text: string, path: string | undefined): Split {
  const isDotprompt = path?.endsWith('.prompt') === true || looksLikeDotprompt(text);
  return (
    splitWholeYaml(text, path) ?? splitUnfenced(text, path) ?? splitFrontmatter(text, isDotprompt)
  );
}

function refused(text: string, problem: Problem): PromptDocument {
  const empty = { frontmatter: null, body: '', bodyStart: text.length, references: [] };
  return { text, ...empty, problems: [problem] };
}

/** No character takes less than one byte or more than three per UTF-16 unit. */
function isTooLarge(text: string): boolean {
  return (
    text.length > MAX_BYTES ||
    (text.length * 3 > MAX_BYTES && new TextEncoder().encode(text).length > MAX_BYTES)
  );
}

function surrogateProblems(text: string, source: Source): Problem[] {
  if (text === source.text) {
    return [];
  }
  let offset = 0;
  while (text.charCodeAt(offset) === source.text.charCodeAt(offset)) {
    offset += 1;
  }
  const message = 'Half of a surrogate pair stands here; it is read as the replacement character.';
  return [source.problem('lone_surrogate', 'warning', message, offset)];
}

function splitProblems(split: ReturnType<typeof splitFrontmatter>, source: Source): Problem[] {
  switch (split.kind) {
    case 'unclosed': {
      const message = 'The frontmatter that opens here is never closed by a line "---".';
      return [source.problem('frontmatter_unclosed', 'error', message, split.fence)];
    }
    case 'rule': {
      const message =
        'This "---" is read as a thematic break, because no line "key: value" follows it.';
      return [source.problem('thematic_break', 'info', message, split.fence)];
    }
    case 'none':
    case 'block':
      return [];
  }
}

function readReferences(body: string, bodyStart: number, source: Source): readonly Reference[] {
  const found = findReferences(body, hiddenRanges(body));
  const placements = placeReferences(body, found);
  return found.map((reference, index) =>
    Object.assign(
      { at: source.positionAt(bodyStart + reference.start) },
      placements[index] ?? { alone: false, leading: false },
      reference,
    ),
  );
}

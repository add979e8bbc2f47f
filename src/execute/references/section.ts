/** A heading of a Markdown document. */
export interface Heading {
  readonly level: number;
  /** Without the marks of emphasis, code and links. */
  readonly text: string;
  /** As GitHub makes the anchor; a repeated one has `-1`, `-2`, … */
  readonly slug: string;
  /** Index of its first line. */
  readonly line: number;
}

/** Longer headings are cut before they are looked at closely. */
const MAX_HEADING = 500;

/**
 * One section of a Markdown document: from its heading to the next one of the same or a higher
 * level.
 * @param wanted an anchor (`#install-it`, `install-it`, percent-encoded or not) or the heading's text
 * @returns undefined when there is no such heading
 * @see spec/egress.md EG-18
 */
export function section(markdown: string, wanted: string): string | undefined {
  const all = headings(markdown);
  const name = decoded(wanted.replace(/^#/, '')).trim();
  const plain = name.toLowerCase();
  const found =
    all.find(({ slug }) => slug === plain) ??
    all.find(({ text }) => text.toLowerCase() === plain) ??
    all.find(({ slug }) => slug === slugOf(name));
  if (found === undefined) return undefined;
  const next = all.find(({ line, level }) => line > found.line && level <= found.level);
  return markdown.split(/\r?\n/).slice(found.line, next?.line).join('\n').trim();
}

/** The headings of a Markdown document, in order. Lines in fenced code are none. */
export function headings(markdown: string): readonly Heading[] {
  const lines = markdown.split(/\r?\n/);
  const found: Heading[] = [];
  const seen = new Map<string, number>();
  let fence = '';
  for (const [index, line] of lines.entries()) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? '';
    if (fence !== '') {
      if (mark.startsWith(fence) && line.trim() === mark) fence = '';
    } else if (mark !== '') {
      fence = mark;
    } else {
      const heading = headingAt(lines, index);
      if (heading !== undefined)
        found.push({ ...heading, slug: unique(slugOf(heading.text), seen) });
    }
  }
  return found;
}

function headingAt(lines: readonly string[], index: number): Omit<Heading, 'slug'> | undefined {
  const line = (lines[index] ?? '').slice(0, MAX_HEADING);
  const hashes = /^ {0,3}(#{1,6})(?=[ \t]|$)/.exec(line);
  if (hashes?.[1] !== undefined) {
    const text = line.slice(hashes[0].length).trim();
    const closing = text.lastIndexOf(' #');
    const isClosed = closing !== -1 && /^#+$/.test(text.slice(closing + 1));
    return {
      level: hashes[1].length,
      text: plainText(isClosed ? text.slice(0, closing) : text),
      line: index,
    };
  }
  // `Title` over a line of `===` or `---`; not after a list item, a quote or a table row.
  const under = /^ {0,3}(=+|-{2,})[ \t]*$/.exec((lines[index + 1] ?? '').slice(0, MAX_HEADING));
  if (under?.[1] === undefined || !/^ {0,3}[^\s>|#*+-]/.test(line)) return undefined;
  return { level: under[1].startsWith('=') ? 1 : 2, text: plainText(line.trim()), line: index };
}

/** `**Use** [the `x`](url)` → `Use the x` */
function plainText(markdown: string): string {
  return markdown
    .replaceAll(/!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])/g, '$1')
    .replaceAll(/[`*~]|\\(?=[!-/:-@[-`{-~])/g, '')
    .replaceAll(/(^|\W)_+(?=\S)|(?<=\S)_+(?=\W|$)/g, '$1')
    .trim();
}

function slugOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}

function unique(slug: string, seen: Map<string, number>): string {
  const times = seen.get(slug) ?? 0;
  seen.set(slug, times + 1);
  return times === 0 ? slug : `${slug}-${times}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A fenced block of Markdown. */
export interface FencedBlock {
  /** What stands behind the opening fence: `ts src/a.ts`. */
  readonly info: string;
  /** Its lines, each with its line end; empty when it has none. */
  readonly text: string;
}

/** An answer with more is no answer that somebody reads block by block. */
const MAX_BLOCKS = 1000;

/**
 * The fenced blocks of an answer, in order, in one pass over its lines. A block whose fence is
 * never closed is none: an answer that was cut off would else give half a file. Fences may be
 * indented by any depth, as models write them inside lists; their lines lose as much.
 */
export function fencedBlocks(markdown: string): readonly FencedBlock[] {
  const blocks: FencedBlock[] = [];
  let open: OpenFence | null = null;
  for (const line of markdown.split(/\r?\n/)) {
    if (open === null) {
      open = openFence(line);
    } else if (closes(open, line)) {
      blocks.push({ info: open.info, text: open.lines.map((each) => `${each}\n`).join('') });
      if (blocks.length === MAX_BLOCKS) return blocks;
      open = null;
    } else {
      open.lines.push(withoutIndent(line, open.indent));
    }
  }
  return blocks;
}

interface OpenFence {
  readonly fence: string;
  readonly indent: number;
  readonly info: string;
  readonly lines: string[];
}

/** Backticks with a further backtick on the line are a code span. */
function openFence(line: string): OpenFence | null {
  const found = /^([ \t]*)(`{3,}(?=[^`]*$)|~{3,})/.exec(line);
  if (found === null) return null;
  const [marker, indent = '', fence = ''] = found;
  return { fence, indent: indent.length, info: line.slice(marker.length).trim(), lines: [] };
}

function closes({ fence }: OpenFence, line: string): boolean {
  const mark = line.trim();
  return mark.length >= fence.length && mark === fence.charAt(0).repeat(mark.length);
}

function withoutIndent(line: string, indent: number): string {
  let at = 0;
  while (at < indent && (line[at] === ' ' || line[at] === '\t')) at += 1;
  return line.slice(at);
}

import type { FoundReference } from './references.ts';

/** How a reference stands on its line. */
export interface Placement {
  /** Its line holds nothing but URLs. */
  readonly alone: boolean;
  /** It stands in the first block of such lines. */
  readonly leading: boolean;
}

/**
 * Says of each reference whether its line holds nothing but URLs (a list marker, commas and blanks
 * apart) and whether that line is in the first block of such lines.
 *
 * @param body the Markdown
 * @param found the references in reading order
 */
export function placeReferences(
  body: string,
  found: readonly FoundReference[],
): readonly Placement[] {
  const placements: Placement[] = [];
  let blockEnd: number | null = null;
  for (let index = 0; index < found.length;) {
    const { start, end } = lineAround(body, found[index]?.start ?? 0);
    const behind = firstBehind(found, index, end);
    const alone = holdsOnly(body, start, end, found.slice(index, behind));
    const leading = alone && (blockEnd === null || start === blockEnd);
    if (leading) {
      blockEnd = nextLine(body, end);
    }
    for (; index < behind; index += 1) {
      placements.push({ alone, leading });
    }
  }
  return placements;
}

function firstBehind(found: readonly FoundReference[], from: number, end: number): number {
  let index = from;
  while (index < found.length && (found[index]?.start ?? 0) < end) {
    index += 1;
  }
  return Math.max(index, from + 1);
}

function holdsOnly(
  body: string,
  start: number,
  end: number,
  found: readonly FoundReference[],
): boolean {
  let from = start;
  for (const [index, reference] of found.entries()) {
    const between = body.slice(from, reference.start);
    const allowed = index === 0 ? /^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?$/ : /^[\s,]*$/;
    if (!allowed.test(between) || reference.end > end) {
      return false;
    }
    from = reference.end;
  }
  return /^[\s,]*$/.test(body.slice(from, end));
}

/** The line around an offset, without its line end. */
export function lineAround(body: string, offset: number): { start: number; end: number } {
  let start = offset;
  while (start > 0 && !/[\r\n]/.test(body[start - 1] ?? '')) {
    start -= 1;
  }
  let end = offset;
  while (end < body.length && !/[\r\n]/.test(body[end] ?? '')) {
    end += 1;
  }
  return { start, end };
}

/** Offset of the line behind a line end. */
export function nextLine(body: string, end: number): number {
  const isPair = body[end] === '\r' && body[end + 1] === '\n';
  return Math.min(end + (isPair ? 2 : 1), body.length);
}

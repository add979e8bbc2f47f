/** Offsets into a text; the end is exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Sorted ranges that do not touch, made of any ranges. */
export function mergeRanges(ranges: readonly Range[]): readonly Range[] {
  const merged: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && range.start <= last.end) {
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    } else if (range.start < range.end) {
      merged.push(range);
    }
  }
  return merged;
}

/** The first of sorted ranges that ends behind an offset. */
export function rangeBehind(ranges: readonly Range[], offset: number): Range | undefined {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.end ?? 0) <= offset) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return ranges[low];
}

import { isObject } from './json.ts';

/**
 * Whether lists and maps nest deeper than so many levels. It walks level by level: recursion would
 * be as deep as whoever sent the value likes, and most of what reads it afterwards recurses.
 */
export function nestsDeeperThan(value: unknown, levels: number): boolean {
  let level = [value].filter(isNested);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= levels) return true;
    level = level.flatMap((item) => Object.values(item)).filter(isNested);
  }
  return false;
}

function isNested(value: unknown): value is readonly unknown[] | Readonly<Record<string, unknown>> {
  return Array.isArray(value) || isObject(value);
}

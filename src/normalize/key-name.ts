import { CONFIG_KEYS, SETTINGS, type Setting } from './settings.ts';

/** One name for all spellings of a key: `maxTokens`, `max-tokens` and `max_tokens`. */
export function snakeCase(key: string): string {
  return key
    .replaceAll('-', '_')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

const BY_NAME: ReadonlyMap<string, Setting> = new Map(
  SETTINGS.flatMap((setting: Setting) =>
    [setting.key, ...setting.aliases].map((name): [string, Setting] => [name, setting]),
  ),
);

/** The setting that a key names in any of its spellings. */
export function findSetting(key: string): Setting | undefined {
  return BY_NAME.get(snakeCase(key));
}

/** The known key nearest to a misspelt one, when it is near enough to be meant. */
export function nearestKey(key: string): string | null {
  const wanted = snakeCase(key).slice(0, 40);
  let best: { name: string; distance: number } | null = null;
  for (const name of [...BY_NAME.keys(), ...CONFIG_KEYS]) {
    const distance = editDistance(wanted, name);
    if (distance <= Math.max(1, Math.floor(name.length / 3)) && distance < (best?.distance ?? 99)) {
      best = { name, distance };
    }
  }
  return best?.name ?? null;
}

/** Insertions, deletions, replacements and swaps of neighbours between two short texts. */
function editDistance(a: string, b: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      const swapped = row > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          (last[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (last[column - 1] ?? 0) + same,
          swapped ? (beforeLast[column - 2] ?? 0) + 1 : Infinity,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}

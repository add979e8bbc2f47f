import { nearest } from './nearest.ts';
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
  return nearest(snakeCase(key), [...BY_NAME.keys(), ...CONFIG_KEYS]);
}

import { isObject } from '../protocol/json.ts';
import type { Settings } from './given.ts';
import { snakeCase } from './key-name.ts';
import type { UrlPolicy } from './request.ts';
import { type Read, readChoice, readDuration, readFlag, readNumber } from './setting-type.ts';

export const URL_POLICIES = ['mentions', 'all', 'leading', 'none'] as const;

const DEFAULTS: UrlPolicy = {
  policy: 'mentions',
  max_urls: 10,
  max_bytes: 1_000_000,
  max_tokens: 100_000,
  timeout: 15,
  on_error: 'note',
};

/** Fields of the map form with their readers; numbers above the bound are cut to it. */
const FIELDS: Readonly<Record<string, (value: unknown) => Read<unknown>>> = {
  policy: readPolicy,
  max_urls: (value) => readNumber({ kind: 'integer', min: 0 }, value),
  max_bytes: (value) => readNumber({ kind: 'integer', min: 1 }, value),
  max_tokens: (value) => readNumber({ kind: 'integer', min: 1 }, value),
  timeout: (value) => readDuration(value, false),
  on_error: (value) => readChoice(['note', 'fail'], value),
};
const BOUNDS: Readonly<Record<string, number>> = {
  max_urls: 100,
  max_bytes: 1_048_576,
  max_tokens: 1_000_000,
  timeout: 60,
};
const LATER = new Set(['html', 'shadow']);

/** YAML authors write `urls: no`. */
function readPolicy(value: unknown): Read<unknown> {
  const flag = typeof value === 'boolean' ? readFlag(value) : null;
  if (flag !== null && 'value' in flag) {
    return { value: flag.value ? 'all' : 'none' };
  }
  return readChoice(URL_POLICIES, value === 'no' ? 'none' : value);
}

/**
 * How context is taken from URLs: a policy, or a map with limits.
 * @see spec/prompt-format.md URL
 */
export function readUrls(settings: Settings): UrlPolicy {
  const given = settings.given('urls')[0];
  if (given === undefined) {
    return DEFAULTS;
  }
  const { value, place } = given;
  const fields = isObject(value) ? value : { policy: value };
  const found: Record<string, unknown> = {};
  for (const [written, item] of Object.entries(fields)) {
    const key = snakeCase(written);
    const at = settings.position(place, [written]);
    const read = Object.hasOwn(FIELDS, key) ? FIELDS[key]?.(item) : undefined;
    if (read === undefined) {
      const [code, words] = LATER.has(key)
        ? ['reserved_key', 'is not supported yet']
        : ['unknown_key', 'is no setting'];
      settings.report('warning', code, `urls.${written} ${words}. It is ignored.`, at);
    } else if ('wrong' in read) {
      settings.wrong(
        { ...place, label: isObject(value) ? `urls.${written}` : 'urls' },
        read.wrong,
        [written],
      );
    } else {
      const bound = BOUNDS[key] ?? Infinity;
      found[key] = typeof read.value === 'number' ? Math.min(read.value, bound) : read.value;
      if (typeof read.value === 'number' && read.value > bound) {
        const message = `urls.${written} is more than this server allows; ${bound} is used.`;
        settings.report('warning', 'limit_clamped', message, at);
      }
    }
  }
  return { ...DEFAULTS, ...found };
}

import { isObject } from '../protocol/json.ts';
import type { Given, Settings } from './given.ts';
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
  html: 'markdown',
  shadow: {},
};

/** Fields of the map form with their readers; numbers above the bound are cut to it. */
const FIELDS: Readonly<Record<string, (value: unknown) => Read<unknown>>> = {
  policy: readPolicy,
  max_urls: (value) => readNumber({ kind: 'integer', min: 0 }, value),
  max_bytes: (value) => readNumber({ kind: 'integer', min: 1 }, value),
  max_tokens: (value) => readNumber({ kind: 'integer', min: 1 }, value),
  timeout: (value) => readDuration(value, false),
  on_error: (value) => readChoice(['note', 'fail'], value),
  html: (value) => readChoice(['markdown', 'raw'], value),
  shadow: readShadow,
};
const BOUNDS: Readonly<Record<string, number>> = {
  max_urls: 100,
  max_bytes: 1_048_576,
  max_tokens: 1_000_000,
  timeout: 60,
};
const MAX_SHADOWS = 32;
const HOST = /^[a-z\d](?:[a-z\d-]{0,62}\.)+[a-z]{2,63}$/;

/** A map from host to host. Where the second one may lead is judged when it is read. */
function readShadow(value: unknown): Read<unknown> {
  const wrong = 'must be a map from host to host, such as {github.com: uithub.com}';
  if (!isObject(value)) {
    return { wrong };
  }
  const pairs = Object.entries(value).map(([from, to]) => [from, to].map(hostOf));
  if (pairs.length > MAX_SHADOWS || pairs.some((pair) => pair.includes(null))) {
    return { wrong };
  }
  return { value: Object.fromEntries(pairs) };
}

function hostOf(value: unknown): string | null {
  const host = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return HOST.test(host) ? host : null;
}

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
  const fields = isObject(given.value) ? given.value : { policy: given.value };
  const found = Object.entries(fields).map(([written, item]) =>
    readField(settings, given, written, item),
  );
  return { ...DEFAULTS, ...Object.fromEntries(found.flat()) };
}

/** One field of the map form, or nothing when it cannot be used; that is reported. */
function readField(
  settings: Settings,
  given: Given,
  written: string,
  item: unknown,
): [string, unknown][] {
  const { place } = given;
  const key = snakeCase(written);
  const at = settings.position(place, [written]);
  const read = Object.hasOwn(FIELDS, key) ? FIELDS[key]?.(item) : undefined;
  if (read === undefined) {
    settings.report('warning', 'unknown_key', `urls.${written} is no setting. It is ignored.`, at);
    return [];
  }
  if ('wrong' in read) {
    const label = isObject(given.value) ? `urls.${written}` : 'urls';
    settings.wrong({ ...place, label }, read.wrong, [written]);
    return [];
  }
  const bound = BOUNDS[key] ?? Infinity;
  if (typeof read.value !== 'number' || read.value <= bound) {
    return [[key, read.value]];
  }
  const message = `urls.${written} is more than this server allows; ${bound} is used.`;
  settings.report('warning', 'limit_clamped', message, at);
  return [[key, bound]];
}

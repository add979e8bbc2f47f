import { isObject, type Json, type JsonObject } from '../protocol/json.ts';

/** What a setting holds. */
export type SettingType =
  | { readonly kind: 'text'; readonly pattern?: string; readonly like?: string }
  | { readonly kind: 'flag' }
  | { readonly kind: 'number' | 'integer'; readonly min?: number; readonly max?: number }
  | { readonly kind: 'choice'; readonly of: readonly string[] }
  | { readonly kind: 'list'; readonly max?: number }
  | { readonly kind: 'map' }
  | { readonly kind: 'bias' }
  | { readonly kind: 'duration'; readonly never?: boolean }
  | { readonly kind: StructuredKind };

/** Types that have a file of their own. */
const STRUCTURED = [
  'model',
  'tools',
  'tool_filter',
  'tool_choice',
  'input',
  'output',
  'urls',
  'approval',
  'callback',
] as const;

type StructuredKind = (typeof STRUCTURED)[number];

function isStructured(type: SettingType): type is { readonly kind: StructuredKind } {
  return STRUCTURED.some((kind) => kind === type.kind);
}

/** A value of the right type, or what is wrong with it. */
export type Read<T> = { readonly value: T } | { readonly wrong: string };

/**
 * Reads a value as its type says, with the coercions of YAML and of query parameters: `"0.5"` is a
 * number, `yes` a flag, `a, b` a list. Types with a file of their own are given back as they are.
 *
 * @param plain how a scalar was written, when it was not written as a string: `1.10`
 */
export function readValue(type: SettingType, value: unknown, plain?: string): Read<unknown> {
  if (isStructured(type)) {
    return { value };
  }
  switch (type.kind) {
    case 'text':
      return readText(type, value, plain);
    case 'flag':
      return readFlag(value);
    case 'number':
    case 'integer':
      return readNumber(type, value);
    case 'choice':
      return readChoice(type.of, value);
    case 'list':
      return readList(type.max, value);
    case 'map':
      return isObject(value) ? { value } : { wrong: 'must be a map' };
    case 'bias':
      return readBias(value);
    case 'duration':
      return readDuration(value, type.never === true);
  }
}

function readText(
  type: { readonly pattern?: string; readonly like?: string },
  value: unknown,
  plain?: string,
): Read<string> {
  const text =
    typeof value === 'string' ? value : isScalar(value) ? (plain ?? String(value)) : null;
  if (text === null) {
    return { wrong: 'must be text' };
  }
  return type.pattern === undefined || new RegExp(type.pattern).test(text)
    ? { value: text }
    : { wrong: `must be ${type.like ?? 'of another form'}` };
}

function isScalar(value: unknown): value is number | boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}

/** A scalar as it would be written; nothing for all else, whose `toString` is not to be trusted. */
function scalarText(value: unknown): string {
  return typeof value === 'string' || isScalar(value) ? String(value) : '';
}

const YES = new Set(['true', 'yes', 'on', '1']);
const NO = new Set(['false', 'no', 'off', '0']);

/** YAML 1.2 reads `yes` and `off` as text; where a flag is wanted they are flags. */
export function readFlag(value: unknown): Read<boolean> {
  const word = scalarText(value).toLowerCase();
  if (YES.has(word)) {
    return { value: true };
  }
  return NO.has(word) ? { value: false } : { wrong: 'must be true or false' };
}

export function readNumber(
  type: { readonly kind: 'number' | 'integer'; readonly min?: number; readonly max?: number },
  value: unknown,
): Read<number> {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  const noun = type.kind === 'integer' ? 'a whole number' : 'a number';
  if (typeof number !== 'number' || !Number.isFinite(number)) {
    return { wrong: `must be ${noun}` };
  }
  const { min = -Infinity, max = Infinity } = type;
  const whole = type.kind === 'number' || Number.isSafeInteger(number);
  if (!whole || number < min || number > max) {
    return { wrong: `is ${number}, but must be ${noun}${rangeText(min, max)}` };
  }
  return { value: number };
}

/** ` from 0 to 2`, ` of at least 1`, or nothing. */
function rangeText(min: number, max: number): string {
  if (max !== Infinity) {
    return ` from ${min} to ${max}`;
  }
  return min === -Infinity ? '' : ` of at least ${min}`;
}

export function readChoice(of: readonly string[], value: unknown): Read<string> {
  return typeof value === 'string' && of.includes(value)
    ? { value }
    : { wrong: `must be one of ${of.join(', ')}` };
}

/** A list of texts; a text alone is a list of what its commas separate. */
export function readList(max: number | undefined, value: unknown): Read<readonly string[]> {
  const items: unknown = typeof value === 'string' ? listOf(value, max) : value;
  if (!Array.isArray(items) || !items.every((item) => typeof item === 'string')) {
    return { wrong: 'must be a list of texts' };
  }
  return max !== undefined && items.length > max
    ? { wrong: `must not have more than ${max} entries` }
    : { value: items };
}

/** `stop: ","` is one stop text; only lists without a bound are split. */
function listOf(value: string, max: number | undefined): readonly string[] {
  return max === undefined
    ? value
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '')
    : [value];
}

function readBias(value: unknown): Read<JsonObject> {
  const range = { kind: 'number', min: -100, max: 100 } as const;
  if (
    !isObject(value) ||
    !Object.values(value).every((bias) => 'value' in readNumber(range, bias))
  ) {
    return { wrong: 'must be a map of token ids to numbers from -100 to 100' };
  }
  return { value: toJsonObject(value) };
}

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};
/** Ten years; a longer time is `never`. */
const LONGEST = 3650 * 86_400;

/** Seconds of `90`, `90s`, `15m`, `24h`, `30d`; `never` where it is allowed. */
export function readDuration(value: unknown, never: boolean): Read<number | 'never'> {
  if (never && value === 'never') {
    return { value };
  }
  const match = /^(\d{1,12}(?:\.\d{1,6})?) ?([smhdw])?$/.exec(scalarText(value).trim());
  const seconds = Number(match?.[1]) * (UNIT_SECONDS[match?.[2] ?? 's'] ?? 1);
  if (match === null || seconds <= 0 || seconds > LONGEST) {
    return { wrong: `must be a time such as 15m, 24h or 30d${never ? ', or never' : ''}` };
  }
  return { value: seconds };
}

/** Levels of a value that comes with a request; a settings block has fewer. */
export const MAX_DEPTH = 32;

/** Any plain value as JSON: what JSON cannot carry becomes null. */
export function toJson(value: unknown): Json {
  if (Array.isArray(value)) {
    return value.map(toJson);
  }
  if (isObject(value)) {
    return toJsonObject(value);
  }
  if (typeof value === 'number') {
    // JSON writes -0 as 0.
    return Number.isFinite(value) ? value + 0 : null;
  }
  return typeof value === 'string' || typeof value === 'boolean' ? value : null;
}

export function toJsonObject(value: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
}

import { isObject, type Json } from '../../../protocol/json.ts';
import type { Parameter } from './parameters.ts';

const MARKS = { form: ',', spaceDelimited: '%20', pipeDelimited: '%7C' } as const;

/**
 * A value as it stands in a query, percent-encoded: `name=value` pairs in order.
 * @see OpenAPI 3.1.0 section 4.8.12, Style Examples
 */
export function queryPairs(parameter: Parameter, value: Json): string[] {
  const { name, style, explode, isJson } = parameter;
  if (isJson) return [pair(name, JSON.stringify(value))];
  // What it is for a list nobody says; Stripe, Rails and PHP read brackets.
  if (style === 'deepObject') return deepPairs(name, value).map(([key, text]) => pair(key, text));
  const mark = MARKS[style];
  if (Array.isArray(value)) {
    const items = list(value).map(textOf);
    if (explode) return items.map((item) => pair(name, item));
    return [`${encode(name)}=${items.map(encode).join(mark)}`];
  }
  if (!isObject(value)) return [pair(name, textOf(value))];
  const members = Object.entries(value).filter(isGiven);
  if (explode) return members.map(([key, item]) => pair(key, textOf(item)));
  return [
    `${encode(name)}=${members
      .flat()
      .map((part) => encode(textOf(part)))
      .join(mark)}`,
  ];
}

/**
 * The fields of a form: lists as one pair for each item, anything nested as JSON, or in brackets where
 * the document says so. Models send null for what they leave out.
 * @param deep names of the fields whose style is `deepObject`
 * @see OpenAPI 3.1.0 section 4.8.15, Encoding Object
 */
export function formPairs(
  fields: Readonly<Record<string, Json | undefined>>,
  deep: ReadonlySet<string>,
): [string, string][] {
  return Object.entries(fields).flatMap(([name, value]): [string, string][] => {
    if (value === undefined || value === null) return [];
    if (deep.has(name)) return deepPairs(name, value);
    return Array.isArray(value)
      ? list(value).map((item) => [name, textOf(item)])
      : [[name, textOf(value)]];
  });
}

/** A value in a place that takes text only. */
export function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * Names in brackets: `filter[age][from]=3`, `ids[]=1`. Items that have names of their own are numbered,
 * `items[0][price]=5`, or nobody could tell where the next one begins.
 */
function deepPairs(name: string, value: Json): [string, string][] {
  if (Array.isArray(value)) {
    const items = list(value);
    const isNested = items.some((item) => typeof item === 'object' && item !== null);
    return items.flatMap((item, index) => deepPairs(`${name}[${isNested ? index : ''}]`, item));
  }
  if (!isObject(value)) return [[name, textOf(value)]];
  return Object.entries(value)
    .filter(isGiven)
    .flatMap(([key, item]) => deepPairs(`${name}[${key}]`, item));
}

function isGiven(entry: [string, Json | undefined]): entry is [string, Json] {
  return entry[1] !== undefined;
}

function list(value: readonly Json[]): readonly Json[] {
  return value;
}

function pair(name: string, value: string): string {
  return `${encode(name)}=${encode(value)}`;
}

/** Half of a surrogate pair cannot be encoded, and would throw. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

import { isObject, type Json } from '../../../protocol/json.ts';
import type { Parameter } from './parameters.ts';

const MARKS = { form: ',', spaceDelimited: '%20', pipeDelimited: '%7C', deepObject: ',' } as const;

/**
 * A value as it stands in a query, percent-encoded: `name=value` pairs in order.
 * @see OpenAPI 3.1.0 section 4.8.12, Style Examples
 */
export function queryPairs(parameter: Parameter, value: Json): string[] {
  const { name, style, explode, isJson } = parameter;
  if (isJson) return [pair(name, JSON.stringify(value))];
  const mark = MARKS[style];
  if (Array.isArray(value)) {
    const items = list(value).map(textOf);
    if (explode) return items.map((item) => pair(name, item));
    return [`${encode(name)}=${items.map(encode).join(mark)}`];
  }
  if (!isObject(value)) return [pair(name, textOf(value))];
  if (style === 'deepObject') return deepPairs(name, value);
  const members = Object.entries(value).filter(isGiven);
  if (explode) return members.map(([key, item]) => pair(key, textOf(item)));
  return [
    `${encode(name)}=${members
      .flat()
      .map((part) => encode(textOf(part)))
      .join(mark)}`,
  ];
}

/** The fields of a form: lists as one pair for each item, anything nested as JSON. */
export function formPairs(fields: Readonly<Record<string, Json | undefined>>): [string, string][] {
  return Object.entries(fields)
    .filter(isGiven)
    .flatMap(([name, value]): [string, string][] =>
      Array.isArray(value)
        ? list(value).map((item) => [name, textOf(item)])
        : [[name, textOf(value)]],
    );
}

/** A value in a place that takes text only. */
export function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Names in brackets: `filter[age][from]=3`. */
function deepPairs(name: string, value: Json): string[] {
  if (Array.isArray(value)) return list(value).flatMap((item) => deepPairs(`${name}[]`, item));
  if (!isObject(value)) return [pair(name, textOf(value))];
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

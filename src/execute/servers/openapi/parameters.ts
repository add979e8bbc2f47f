import { isObject, type Json, type JsonObject } from '../../../protocol/json.ts';
import { cutText } from '../mcp-content.ts';
import { isSendableName } from '../server-headers.ts';
import { CannotCall } from './cannot-call.ts';
import { listAt, objectAt, resolved, textAt } from './pointer.ts';
import { inlined, type SchemaBudget } from './schema.ts';

/** How a list or an object is written into a query. @see OpenAPI 3.1.0 section 4.8.12 */
export type QueryStyle = 'form' | 'spaceDelimited' | 'pipeDelimited' | 'deepObject';

/** One parameter of an operation. */
export interface Parameter {
  /** The name of the argument that holds it. */
  readonly arg: string;
  /** Its name in the request. */
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly style: QueryStyle;
  readonly explode: boolean;
  /** Whether the value is sent as JSON text. */
  readonly isJson: boolean;
  readonly isRequired: boolean;
  readonly schema: JsonObject;
}

/** What reading the description of an operation needs around it. */
export interface Reading {
  readonly root: JsonObject;
  /** Lower-case names of headers that the prompt gives: the model does not choose those. */
  readonly given: ReadonlySet<string>;
  readonly budget: SchemaBudget;
}

const STYLES: ReadonlySet<Json | undefined> = new Set([
  'form',
  'spaceDelimited',
  'pipeDelimited',
  'deepObject',
]);
/** Header parameters that OpenAPI itself says are to be ignored. */
const IGNORED = new Set(['accept', 'content-type', 'authorization']);
const MAX_PARAMETERS = 256;

/**
 * The parameters of an operation: its own, those of its path, and placeholders that nobody describes.
 * @throws CannotCall when one that is required cannot be sent
 * @see spec/tool-servers.md TS-83, TS-84
 */
export function parametersOf(
  path: string,
  lists: readonly (Json | undefined)[],
  reading: Reading,
): Parameter[] {
  const byPlace = new Map<string, JsonObject>();
  const all = lists.flatMap(listAt);
  if (all.length > MAX_PARAMETERS) throw new CannotCall('it has too many parameters');
  // The operation's own come last and win.
  for (const written of all) {
    const parameter = resolved(reading.root, written).value;
    if (!isObject(parameter)) continue;
    const name = textAt(parameter['name']);
    if (name === '') continue;
    byPlace.set(`${textAt(parameter['in'])} ${name}`, parameter);
  }
  const placeholders = new Set(placeholdersOf(path));
  for (const name of placeholders) {
    const isDescribed = byPlace.has(`path ${name}`);
    if (!isDescribed) byPlace.set(`path ${name}`, { name, in: 'path', schema: { type: 'string' } });
  }
  const taken = new Set<string>();
  return [...byPlace.values()].flatMap((written) => {
    if (written['in'] === 'path' && !placeholders.has(textAt(written['name']))) return [];
    const parameter = parameterIn(written, reading, taken);
    return parameter === null ? [] : [parameter];
  });
}

/** Names between braces in a path. */
export function placeholdersOf(path: string): string[] {
  return [...path.matchAll(/\{([^{}/]{1,128})\}/g)].map(([, name = '']) => name);
}

function parameterIn(written: JsonObject, reading: Reading, taken: Set<string>): Parameter | null {
  const name = textAt(written['name']);
  const place = placeOf(written, name, reading);
  if (place === null) return null;
  const { schema, isJson } = valueOf(written, reading);
  const style = written['style'];
  const isForm = style === undefined || style === 'form';
  if (place === 'path' && style !== undefined && style !== 'simple') {
    throw new CannotCall(`its path parameter ${shown(name)} has the style ${shown(textAt(style))}`);
  }
  return {
    arg: freeArgument(name, place, taken),
    name,
    in: place,
    style: queryStyle(style),
    explode: typeof written['explode'] === 'boolean' ? written['explode'] : isForm,
    isJson,
    isRequired: place === 'path' || written['required'] === true,
    schema,
  };
}

/** Where it is sent; null for one that is left out. */
function placeOf(written: JsonObject, name: string, reading: Reading): Parameter['in'] | null {
  const place = written['in'];
  if (place === 'path' || place === 'query') return place;
  const lower = name.toLowerCase();
  if (place === 'header') {
    if (IGNORED.has(lower) || reading.given.has(lower)) return null;
    if (isSendableName(name)) return 'header';
  }
  if (written['required'] !== true) return null;
  throw new CannotCall(`it wants the ${place === 'cookie' ? 'cookie' : 'header'} ${shown(name)}`);
}

function valueOf(written: JsonObject, { root, budget }: Reading) {
  const content = written['content'];
  const isJson = isObject(content);
  const media = isJson ? objectAt(root, content['application/json']) : written;
  const source = media['schema'];
  const schema = inlined(root, source, budget);
  const text = cutText(textAt(written['description']), 1024);
  return {
    isJson,
    schema: text === '' ? schema : { ...schema, description: text },
  };
}

function queryStyle(style: Json | undefined): QueryStyle {
  return isStyle(style) ? style : 'form';
}

function isStyle(style: Json | undefined): style is QueryStyle {
  return STYLES.has(style);
}

/**
 * A name that every provider takes as one of an argument, `[A-Za-z0-9_.-]{1,64}`; with where it is
 * sent before it when two parameters have the same.
 */
function freeArgument(name: string, place: string, taken: Set<string>): string {
  const plain = name
    .split(/[^A-Za-z0-9_.-]+/)
    .filter((word) => word !== '')
    .join('_');
  const wanted = plain === '' ? place : plain.slice(0, 50);
  let argument = wanted;
  for (let number = 1; taken.has(argument); number += 1) {
    argument = number === 1 ? `${place}_${wanted}` : `${place}_${wanted}_${number}`;
  }
  taken.add(argument);
  return argument;
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}

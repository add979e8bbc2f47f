import { isObject, type Json, type JsonObject } from '../../../protocol/json.ts';
import { CannotCall } from './cannot-call.ts';
import type { Parameter, Reading } from './parameters.ts';
import { listAt, objectAt, plainObject } from './pointer.ts';
import { inlined } from './schema.ts';

/** The body of an operation's request. */
export interface BodyPlan {
  readonly mediaType: string;
  readonly kind: 'json' | 'form' | 'text';
  readonly isRequired: boolean;
  /** The argument that holds the body; null when its fields are arguments themselves. */
  readonly arg: string | null;
  /** Names of the fields, when they are arguments. */
  readonly fields: readonly string[];
  /** Names of the fields of a form that are written with brackets, `address[city]`. */
  readonly deep: ReadonlySet<string>;
  readonly schema: JsonObject;
}

const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]{1,64}\/[a-z0-9!#$&^_.+-]{1,128}$/;
/** Names that every provider takes as one of an argument. */
const ARGUMENT = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * How the body of a request is made of arguments; null without one.
 * @throws CannotCall for a body that cannot be written here, such as multipart/form-data
 * @see spec/tool-servers.md TS-85
 */
export function bodyPlan(
  written: Json | undefined,
  parameters: readonly Parameter[],
  reading: Reading,
): BodyPlan | null {
  if (written === undefined) return null;
  const body = objectAt(reading.root, written);
  const types = Object.entries(plainObject(body['content']));
  if (types.length === 0) return null;
  const [mediaType, kind, media] = chosenType(types);
  const described = objectAt(reading.root, media);
  const schema = inlined(reading.root, described['schema'], reading.budget);
  const isRequired = body['required'] === true;
  const taken = new Set(parameters.map(({ arg }) => arg));
  const fields = kind === 'text' ? null : flatFields(schema, isRequired, taken);
  const base = {
    mediaType,
    kind,
    isRequired,
    deep: deepFields(described['encoding']),
    schema: withDescription(schema, body['description']),
  };
  if (fields !== null) return { ...base, arg: null, fields };
  if (kind === 'form' && schema['type'] !== 'object') {
    throw new CannotCall('its form is not described by fields');
  }
  return { ...base, arg: freeName(taken), fields: [] };
}

function deepFields(encoding: Json | undefined): ReadonlySet<string> {
  const fields = Object.entries(plainObject(encoding));
  const deep = fields.filter(([, field]) => plainObject(field)['style'] === 'deepObject');
  return new Set(deep.map(([name]) => name));
}

type Chosen = readonly [mediaType: string, kind: BodyPlan['kind'], media: Json | undefined];

function chosenType(types: readonly (readonly [string, Json | undefined])[]): Chosen {
  const known = types.flatMap(([name, media]): Chosen[] => {
    const type = (name.split(';', 1)[0] ?? '').trim().toLowerCase();
    const kind = kindOf(type);
    const sent = type.includes('*') ? (kind === 'text' ? 'text/plain' : 'application/json') : type;
    return kind === null || !(MEDIA_TYPE.test(sent) && !sent.includes('*'))
      ? []
      : [[sent, kind, media]];
  });
  const order = ['json', 'form', 'text'];
  const best = known.toSorted((one, two) => order.indexOf(one[1]) - order.indexOf(two[1]))[0];
  if (best !== undefined) return best;
  const name = (types[0]?.[0] ?? '').slice(0, 64);
  throw new CannotCall(`a body of the type ${JSON.stringify(name)} is not supported`);
}

function kindOf(type: string): BodyPlan['kind'] | null {
  if (/[/+]json$/.test(type) || type === '*/*' || type === 'application/*') return 'json';
  if (type === 'application/x-www-form-urlencoded') return 'form';
  return /^text\/|[/+](?:xml|yaml)$/.test(type) ? 'text' : null;
}

/** The fields of an object that says all of them, when they can stand beside the parameters. */
function flatFields(
  schema: JsonObject,
  isRequired: boolean,
  taken: ReadonlySet<string>,
): readonly string[] | null {
  const names = Object.keys(plainObject(schema['properties']));
  const isPlain =
    (schema['type'] === 'object' || schema['type'] === undefined) &&
    !['allOf', 'anyOf', 'oneOf', 'not', 'if', 'patternProperties'].some((word) => word in schema);
  const isClosed =
    !isObject(schema['additionalProperties']) && schema['additionalProperties'] !== true;
  const fit = names.length > 0 && names.every((name) => ARGUMENT.test(name) && !taken.has(name));
  // Fields of a body that may be missing would otherwise be required by themselves.
  const isWhole = isRequired || listAt(schema['required']).length === 0;
  return isPlain && isClosed && fit && isWhole ? names : null;
}

function freeName(taken: ReadonlySet<string>): string {
  let name = 'body';
  for (let number = 2; taken.has(name); number += 1) name = `body_${number}`;
  return name;
}

function withDescription(schema: JsonObject, description: Json | undefined): JsonObject {
  if (typeof description !== 'string' || 'description' in schema) return schema;
  return { ...schema, description: description.slice(0, 1024) };
}

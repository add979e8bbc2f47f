import { isObject } from '../../protocol/json.ts';
import type { Draft } from './draft.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Words that say the type of an input; any other value in their place is its default. */
const TYPES =
  /^(?:any|array|audio|boolean|file|float|image|integer|null|number|object|string|thread)(?:\[\])?\s*(?:,|$)/;

/**
 * Reads `inputs` and `sample` of prompty. `name: value` is an input with a default, and so are the
 * values of `sample`, which prompty runs with when nobody gives others.
 */
export function adoptInputs(draft: Draft): void {
  const inputs = draft.entry('inputs', 'input');
  const sample = draft.entry('sample');
  const values: Fields = isObject(sample?.value) ? sample.value : {};
  if (inputs === undefined) {
    if (sample !== undefined && isObject(sample.value)) {
      draft.put('input', { default: values }, [sample.key]);
    }
  } else if (Array.isArray(inputs.value)) {
    const read = inputs.value.map((item: unknown) => readItem(item, values));
    draft.replace(inputs, read);
  } else if (isObject(inputs.value) && !isSchema(inputs.value)) {
    draft.replace(inputs, readFields(inputs.value, values));
  }
  if (sample !== undefined && isObject(sample.value)) {
    draft.remove(sample);
  }
}

function isSchema(fields: Fields): boolean {
  return isObject(fields['properties']) || 'schema' in fields;
}

/** An input of the kind `thread` holds what was said before, which is nothing in a new run. */
function readItem(item: unknown, sample: Fields): unknown {
  if (!isObject(item) || typeof item['name'] !== 'string') {
    return item;
  }
  return item['kind'] === 'thread'
    ? { name: item['name'], required: false }
    : withDefault(item, item['name'], sample);
}

/** Types alone stay as they are, since they may be those of Picoschema. */
function readFields(fields: Fields, sample: Fields): unknown {
  const entries = Object.entries(fields);
  const names = Object.keys(sample);
  if (names.length === 0 && entries.every(([, field]) => isObject(field) || isType(field))) {
    return fields;
  }
  const undeclared = names.filter((name) => !Object.hasOwn(fields, name));
  return Object.fromEntries([
    ...entries.map(([name, field]) => [name, withDefault(asField(field), name, sample)] as const),
    ...undeclared.map((name) => [name, { required: false, default: sample[name] }] as const),
  ]);
}

function isType(field: unknown): boolean {
  return typeof field === 'string' && TYPES.test(field);
}

function asField(field: unknown): Fields {
  if (isObject(field)) {
    return field;
  }
  return isType(field) ? { type: field } : { required: false, default: field };
}

/** Prompty checks no types, so a sample that has another one says what the input really is. */
function withDefault(field: Fields, name: string, sample: Fields): Fields {
  if (!Object.hasOwn(sample, name)) {
    return field;
  }
  const { type, kind, ...rest } = field;
  const declared = type ?? kind;
  const isFit = typeof declared !== 'string' || fits(declared, sample[name]);
  return { default: sample[name], ...(isFit ? field : { ...rest, required: false }) };
}

function fits(type: string, value: unknown): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    default:
      return true;
  }
}

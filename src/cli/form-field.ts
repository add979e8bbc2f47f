import { validateJson } from '../protocol/json-schema.ts';
import { isObject, type Json, type JsonObject } from '../protocol/json.ts';

/** One of the values that a field may have. */
export interface Choice {
  readonly value: string;
  readonly title: string;
}

/** A field of the form that a tool sends. @see MCP 2025-11-25, Elicitation (Requested schema) */
export interface FormField {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly kind: 'text' | 'number' | 'integer' | 'boolean' | 'choice' | 'choices';
  /** Of `choice` and `choices`. */
  readonly choices: readonly Choice[];
  readonly isRequired: boolean;
  readonly initial?: Json;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** What a typed line is for a field: a value, nothing at all, or a mistake. */
export type Typed = { readonly value: Json | undefined } | { readonly mistake: string };

/** More fields than that nobody fills in line by line. */
const MAX_FIELDS = 50;

/** The fields of a form in order, or null when it is not one of flat fields. */
export function formFields(schema: JsonObject): readonly FormField[] | null {
  const { properties, required } = schema;
  if (!isObject(properties)) return null;
  const names = new Set(Array.isArray(required) ? required : []);
  const entries = Object.entries(properties);
  if (entries.length > MAX_FIELDS) return null;
  const fields = entries.map(([name, field]) => formField(name, field, names.has(name)));
  return fields.every((field) => field !== null) ? fields : null;
}

function formField(name: string, schema: unknown, isRequired: boolean): FormField | null {
  if (!isObject(schema)) return null;
  const list = choicesOf(schema['type'] === 'array' ? schema['items'] : schema);
  const kind = kindOf(schema['type'], list !== null);
  if (kind === null) return null;
  const { title, description, default: initial } = schema;
  return {
    name,
    title: typeof title === 'string' && title !== '' ? title : name,
    description: typeof description === 'string' ? description : '',
    kind,
    choices: list ?? [],
    isRequired,
    ...(isFlat(initial) ? { initial } : {}),
    schema,
  };
}

function kindOf(type: unknown, hasChoices: boolean): FormField['kind'] | null {
  if (type === 'array') return hasChoices ? 'choices' : null;
  if (hasChoices) return 'choice';
  if (type === 'string') return 'text';
  return type === 'number' || type === 'integer' || type === 'boolean' ? type : null;
}

function choicesOf(schema: unknown): readonly Choice[] | null {
  if (!isObject(schema)) return null;
  const { enum: values, enumNames: titles, oneOf, anyOf } = schema;
  if (Array.isArray(values)) {
    const names: readonly unknown[] = Array.isArray(titles) ? titles : [];
    return values.map((value, index) => choice(value, names[index]));
  }
  const titled = Array.isArray(oneOf) ? oneOf : anyOf;
  if (!Array.isArray(titled)) return null;
  return titled.filter(isObject).map((item) => choice(item['const'], item['title']));
}

function choice(value: unknown, title: unknown): Choice {
  return { value: String(value), title: typeof title === 'string' ? title : String(value) };
}

function isFlat(value: unknown): value is Json {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string');
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** Reads what a person typed for a field. An empty line is the default, or no value. */
export function readTyped(field: FormField, line: string): Typed {
  const text = line.trim();
  if (text === '') {
    if (field.initial !== undefined || !field.isRequired) return { value: field.initial };
    return { mistake: 'A value is needed here.' };
  }
  const value = valueOf(field, text);
  if (value === undefined) return { mistake: wanted(field) };
  const [problem] = validateJson(field.schema, value);
  return problem === undefined ? { value } : { mistake: `It ${problem.message}.` };
}

function valueOf(field: FormField, text: string): Json | undefined {
  switch (field.kind) {
    case 'text':
      return text;
    case 'number':
    case 'integer':
      return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined;
    case 'boolean':
      if (/^(?:y|yes|true|on|1)$/i.test(text)) return true;
      return /^(?:n|no|false|off|0)$/i.test(text) ? false : undefined;
    case 'choice':
      return picked(field, text);
    case 'choices': {
      const values = text.split(',').map((part) => picked(field, part.trim()));
      return values.every((value) => value !== undefined) ? [...new Set(values)] : undefined;
    }
  }
}

/** A choice by its value, its title or its number in the list. */
function picked({ choices }: FormField, text: string): string | undefined {
  const named = choices.find(({ value, title }) => value === text || title === text);
  if (named !== undefined) return named.value;
  return /^\d+$/.test(text) ? choices[Number(text) - 1]?.value : undefined;
}

function wanted({ kind }: FormField): string {
  switch (kind) {
    case 'number':
    case 'integer':
      return 'A number is wanted here.';
    case 'boolean':
      return 'Write y or n.';
    case 'choice':
      return 'Write one of the numbers.';
    default:
      return 'Write some of the numbers, with commas between them.';
  }
}

import type { Json, JsonObject } from '../protocol/json.ts';
import { isObject } from '../protocol/json.ts';
import { contentProblem, type FormField } from '../run/elicitation-form.ts';

/** What a typed line is for a field: a value, nothing at all, or a mistake. */
export type Typed = { readonly value: Json | undefined } | { readonly mistake: string };

/** Reads what a person typed for a field of a form. An empty line is the default, or no value. */
export function readTyped(field: FormField, schema: JsonObject, line: string): Typed {
  const text = line.trim();
  const initial = initialOf(field, schema);
  if (text === '') {
    if (initial !== undefined || !field.required) return { value: initial };
    return { mistake: 'A value is needed here.' };
  }
  const value = valueOf(field, text);
  if (value === undefined) return { mistake: wanted(field) };
  const problem = contentProblem(alone(field, schema), Object.fromEntries([[field.name, value]]));
  return problem === null ? { value } : { mistake: problem };
}

/** A field with its place, its kind and what may be chosen, in lines. */
export function fieldLines(field: FormField): readonly string[] {
  const { title, description, options, initial, required } = field;
  const titles = initial.map((text) => options.find(({ value }) => value === text)?.title ?? text);
  const empty = required ? 'required' : 'may be empty';
  const what = titles.length > 0 ? `default ${titles.join(', ')}` : empty;
  return [
    `${title} (${hint(field)}, ${what})`,
    ...(description === null ? [] : [`  ${description}`]),
    ...options.slice(0, 200).map((option, index) => `  ${index + 1} ${option.title}`),
  ];
}

function initialOf({ name, initial }: FormField, { properties }: JsonObject): Json | undefined {
  const field = isObject(properties) ? properties[name] : undefined;
  if (initial.length === 0 || !isObject(field)) return undefined;
  const value = field['default'];
  if (Array.isArray(value)) return initial;
  const isFlat = typeof value === 'number' || typeof value === 'boolean';
  return isFlat ? value : initial[0];
}

/** The schema of one field, to say at once what is wrong with it. */
function alone({ name }: FormField, { properties }: JsonObject): JsonObject {
  const all = properties !== undefined && isJsonFields(properties) ? properties : {};
  return { type: 'object', properties: Object.fromEntries([[name, all[name] ?? {}]]) };
}

function isJsonFields(value: Json): value is JsonObject {
  return isObject(value);
}

function valueOf(field: FormField, text: string): Json | undefined {
  switch (field.kind) {
    case 'text':
      return text;
    case 'number':
      return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined;
    case 'switch':
      if (/^(?:y|yes|true|on|1)$/i.test(text)) return true;
      return /^(?:n|no|false|off|0)$/i.test(text) ? false : undefined;
    case 'choice':
      return picked(field, text);
    case 'choices': {
      const values = text.split(',').map((part) => picked(field, part.trim()));
      const known = values.filter((value) => value !== undefined);
      return known.length === values.length ? [...new Set(known)] : undefined;
    }
  }
}

/** A choice by its value, its title or its number in the list. */
function picked({ options }: FormField, text: string): string | undefined {
  const named = options.find(({ value, title }) => value === text || title === text);
  if (named !== undefined) return named.value;
  return /^\d+$/.test(text) ? options[Number(text) - 1]?.value : undefined;
}

function hint({ kind, whole, format }: FormField): string {
  switch (kind) {
    case 'text':
      return format ?? 'text';
    case 'number':
      return whole ? 'whole number' : 'number';
    case 'switch':
      return 'y or n';
    case 'choice':
      return 'one of these';
    case 'choices':
      return 'some of these, with commas';
  }
}

function wanted({ kind }: FormField): string {
  switch (kind) {
    case 'switch':
      return 'Write y or n.';
    case 'choice':
      return 'Write one of the numbers.';
    case 'choices':
      return 'Write some of the numbers, with commas between them.';
    default:
      return 'A number is wanted here.';
  }
}

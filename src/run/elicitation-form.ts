import { isObject, type Json, type JsonObject } from '../protocol/json.ts';
import { validateJson } from '../protocol/json-schema.ts';

/** A field of a form that a tool wants filled in. @see MCP 2025-11-25, Elicitation */
export interface FormField {
  readonly name: string;
  readonly title: string;
  readonly description: string | null;
  readonly kind: 'text' | 'number' | 'switch' | 'choice' | 'choices';
  readonly required: boolean;
  /** Of a choice: what may be chosen. */
  readonly options: readonly { readonly value: string; readonly title: string }[];
  /** Of a text: `email`, `uri`, `date` or `date-time`. */
  readonly format: string | null;
  /** What it holds at first; of `choices` several. */
  readonly initial: readonly string[];
  /** Whole numbers only. */
  readonly whole: boolean;
}

/** Nobody fills in more. */
const MAX_FIELDS = 50;

/** Characters of an answer as JSON. */
const MAX_CONTENT = 64_000;

/** The fields that a schema asks for; what is not a flat field is left out. */
export function formFields(schema: JsonObject): readonly FormField[] {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  return Object.entries(properties)
    .slice(0, MAX_FIELDS)
    .flatMap(([name, field]) => {
      const kind = isObject(field) ? kindOf(field) : null;
      if (kind === null || !isObject(field)) return [];
      return [fieldOf(name, field, { kind, required: required.includes(name) })];
    });
}

type Described = Readonly<Record<string, unknown>>;

function kindOf(field: Described): FormField['kind'] | null {
  switch (field['type']) {
    case 'string':
      return optionsOf(field).length > 0 ? 'choice' : 'text';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'switch';
    case 'array':
      return isObject(field['items']) && optionsOf(field['items']).length > 0 ? 'choices' : null;
    default:
      return null;
  }
}

function fieldOf(
  name: string,
  field: Described,
  { kind, required }: Pick<FormField, 'kind' | 'required'>,
): FormField {
  const items = isObject(field['items']) ? field['items'] : {};
  return {
    name,
    kind,
    required,
    title: textOf(field['title']) ?? name,
    description: textOf(field['description']),
    options: optionsOf(kind === 'choices' ? items : field),
    format: textOf(field['format']),
    initial: [field['default']].flat().flatMap((value) => scalarText(value) ?? []),
    whole: field['type'] === 'integer',
  };
}

/** `enum` with or without `enumNames`, or `oneOf`/`anyOf` of constants with titles. */
function optionsOf(field: Described): { value: string; title: string }[] {
  const { enum: values, enumNames: names, oneOf, anyOf } = field;
  if (Array.isArray(values)) {
    const titles: readonly unknown[] = Array.isArray(names) ? names : [];
    return values.flatMap((value, index) => {
      return typeof value === 'string' ? [{ value, title: textOf(titles[index]) ?? value }] : [];
    });
  }
  const constants: readonly unknown[] = [oneOf, anyOf].find((list) => Array.isArray(list)) ?? [];
  return constants.flatMap((option) => {
    const value = isObject(option) ? textOf(option['const']) : null;
    if (value === null || !isObject(option)) return [];
    return [{ value, title: textOf(option['title']) ?? value }];
  });
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function scalarText(value: unknown): string | null {
  const isScalar = ['string', 'number', 'boolean'].includes(typeof value);
  return isScalar ? String(value) : null;
}

/** An answer as a browser sends it, one or several texts for each name, as the schema means it. */
export function contentOfForm(
  schema: JsonObject,
  sent: ReadonlyMap<string, readonly string[]>,
): JsonObject {
  const given = formFields(schema).flatMap((field) => {
    const value = valueOf(field, sent.get(field.name) ?? []);
    return value === null ? [] : [[field.name, value] as const];
  });
  return Object.fromEntries(given);
}

/** Null for a field that was left empty. */
function valueOf({ kind }: FormField, texts: readonly string[]): Json {
  const [text = ''] = texts;
  switch (kind) {
    case 'switch':
      return texts.length > 0;
    case 'choices':
      return texts;
    case 'number':
      return text.trim() === '' ? null : numberIn(text);
    case 'text':
    case 'choice':
      return text === '' ? null : text;
  }
}

/** What is no number stays text, which then does not fit. */
function numberIn(text: string): number | string {
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

/**
 * Why an answer cannot be given to the tool, in a sentence, or null when it can: it has the fields
 * that were asked for, flat, and nothing else.
 */
export function contentProblem(schema: JsonObject, content: JsonObject): string | null {
  if (JSON.stringify(content).length > MAX_CONTENT) {
    return `The answer has more than ${MAX_CONTENT} characters.`;
  }
  const names = new Set(formFields(schema).map(({ name }) => name));
  const other = Object.keys(content).find((name) => !names.has(name));
  if (other !== undefined) return `"${other.slice(0, 100)}" was not asked for.`;
  const [problem] = validateJson(schema, content);
  if (problem === undefined) return null;
  return `${problem.path === '' ? 'The answer' : problem.path} ${problem.message}.`.slice(0, 300);
}

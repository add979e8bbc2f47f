import { markup } from '../markup.ts';
import type { Markup, MarkupPart } from '../markup.ts';
import { listOf, partOf, referredName, textOf } from './api.ts';
import type { Part } from './api.ts';
import { sentence } from './sentence.ts';

/** Deeper fields are left to `openapi.json`. */
const DEEPEST = 4;
const MOST_FIELDS = 120;

/** A field of a schema as a row: its path from the top, such as `data[].id`. */
interface Field {
  readonly path: string;
  readonly schema: Part;
  readonly isRequired: boolean;
}

/**
 * A schema for people: its fields as a table, or its type in a line. What is named elsewhere is a
 * link to it and not repeated, so schemas that name each other end.
 */
export function schemaHtml(schema: unknown): Markup {
  const part = partOf(schema);
  const fields = fieldsOf(part, '', 1).slice(0, MOST_FIELDS);
  const description = textOf(part['description']);
  const said = description === '' ? null : markup`<p>${sentence(description)}</p>`;
  if (fields.length === 0) return markup`${said}<p class="type">${typeHtml(schema)}</p>\n`;
  return markup`${said}<div class="scroll" tabindex="0"><table>
<thead><tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Meaning</th></tr></thead>
<tbody>
${fields.map(fieldRow)}</tbody></table></div>
`;
}

function fieldRow({ path, schema, isRequired }: Field): Markup {
  return markup`<tr><td><code>${path}</code>${isRequired ? markup` <span class="required">required</span>` : null}</td><td class="type">${typeHtml(schema)}</td><td>${sentence(textOf(schema['description']))}</td></tr>
`;
}

function fieldsOf(schema: Part, before: string, depth: number): Field[] {
  const required = new Set(listOf(schema['required']));
  return Object.entries(partOf(schema['properties'])).flatMap(([name, value]) => {
    const inner = partOf(value);
    const path = before + name;
    const field = { path, schema: inner, isRequired: required.has(name) };
    if (depth >= DEEPEST) return [field];
    const items = partOf(inner['items']);
    return [
      field,
      ...fieldsOf(inner, `${path}.`, depth + 1),
      ...fieldsOf(items, `${path}[].`, depth + 1),
    ];
  });
}

/** The type in a few words; names of schemas lead to them. */
export function typeHtml(schema: unknown, depth = 1): Markup {
  const part = partOf(schema);
  const name = referredName(part);
  if (name !== '') return markup`<a href="#schema-${name}">${name}</a>`;
  const choices = [...listOf(part['anyOf']), ...listOf(part['oneOf'])];
  if (choices.length > 0 && depth < DEEPEST) {
    return markup`${choices.map((choice, at) => [at === 0 ? null : ' or ', typeHtml(choice, depth + 1)])}`;
  }
  if (part['type'] === 'array' && depth < DEEPEST && part['items'] !== undefined) {
    return markup`list of ${typeHtml(part['items'], depth + 1)}`;
  }
  return markup`${plainType(part)}${valuesHtml(part)}${boundsOf(part)}`;
}

function plainType({ type, enum: values, const: only, format }: Part): string {
  const names = Array.isArray(type) ? type.map(textOf).join(' or ') : textOf(type);
  if (names === '') return values === undefined && only === undefined ? 'anything' : '';
  return typeof format === 'string' ? `${names}, ${format}` : names;
}

function valuesHtml({ enum: values, const: only }: Part): MarkupPart {
  const all = only === undefined ? listOf(values) : [only];
  return all.map(
    (value) => markup` <code>${typeof value === 'string' ? value : JSON.stringify(value)}</code>`,
  );
}

const BOUNDS: readonly (readonly [key: string, say: (value: string) => string])[] = [
  ['minimum', (value) => `from ${value}`],
  ['maximum', (value) => `to ${value}`],
  ['minLength', (value) => `of at least ${value} characters`],
  ['maxLength', (value) => `of at most ${value} characters`],
  ['default', (value) => `usually ${value}`],
];

function boundsOf(part: Part): string {
  const said = BOUNDS.flatMap(([key, say]) => {
    const value = part[key];
    return typeof value === 'number' || typeof value === 'string' ? [say(String(value))] : [];
  });
  return said.length === 0 ? '' : ` ${said.join(', ')}`;
}

import type { ChatMessage } from '../protocol/chat.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';
import type { Given, Settings } from './given.ts';
import { plainType } from './input-declaration.ts';
import { readSchema } from './picoschema.ts';
import type { OutputSpec } from './request.ts';
import { toJsonObject } from './setting-type.ts';

export const OUTPUT_FORMATS = ['markdown', 'text', 'json', 'html', 'csv', 'yaml', 'code'] as const;

type Format = OutputSpec['format'];

/** Other names of the formats, from file extensions and other tools. */
const OTHER_NAMES: Readonly<Record<string, Format>> = { md: 'markdown', txt: 'text', yml: 'yaml' };

/**
 * What the answer should be: `output: json`, or `{format, schema, extract}`. A file named
 * `x.json.md` wants JSON.
 *
 * @param path name of the prompt's file
 * @see spec/prompt-format.md OUT
 */
export function readOutput(settings: Settings, path: string | undefined): OutputSpec {
  const given = settings.given('output')[0];
  if (given === undefined) {
    return { format: formatOfPath(path) ?? 'markdown' };
  }
  const { value, place } = given;
  if (typeof value === 'string') {
    const format = formatNamed(value);
    if (format === null) {
      settings.wrong(place, `must be one of ${OUTPUT_FORMATS.join(', ')}, or a map`);
    }
    return { format: format ?? 'markdown' };
  }
  if (Array.isArray(value)) {
    return withSchema(given, settings, { format: 'json' }, fieldsOf(value));
  }
  if (!isObject(value)) {
    settings.wrong(place, 'must be a format or {format, schema, extract}');
    return { format: 'markdown' };
  }
  return readOutputMap(given, settings, value);
}

function readOutputMap(
  given: Given,
  settings: Settings,
  value: Readonly<Record<string, unknown>>,
): OutputSpec {
  const { format: written, schema, extract } = value;
  const fallback = schema === undefined ? 'markdown' : 'json';
  const format =
    written === undefined ? fallback : typeof written === 'string' ? formatNamed(written) : null;
  if (format === null) {
    settings.wrong(given.place, `has a format that is none of ${OUTPUT_FORMATS.join(', ')}`, [
      'format',
    ]);
  }
  for (const key of Object.keys(value)) {
    if (!['format', 'schema', 'extract'].includes(key)) {
      const at = settings.position(given.place, [key]);
      settings.report(
        'warning',
        'unknown_key',
        `There is no setting output.${key}. It is ignored.`,
        at,
      );
    }
  }
  if (extract !== undefined && typeof extract !== 'string') {
    settings.wrong(given.place, 'has extract that is neither first, last nor a path', ['extract']);
  }
  const spec: OutputSpec = {
    format: format ?? 'markdown',
    ...(typeof extract === 'string' ? { extract } : {}),
  };
  return withSchema(given, settings, spec, schema);
}

function withSchema(
  given: Given,
  settings: Settings,
  spec: OutputSpec,
  schema: unknown,
): OutputSpec {
  if (schema === undefined || schema === null) {
    return spec;
  }
  const read = readSchema(schema);
  if ('wrong' in read) {
    const inside = ['schema', ...read.inside];
    settings.wrong(given.place, `has a schema that ${read.wrong}`, inside);
    return spec;
  }
  return { ...spec, schema: read.schema };
}

/** Prompty's list of `{name, kind, …}` as a schema. */
function fieldsOf(items: readonly unknown[]): JsonObject {
  const fields = items
    .filter((item) => isObject(item))
    .filter((item) => typeof item['name'] === 'string');
  const properties = fields.map(
    ({ name, kind, required: _required, ...field }): [string, JsonObject] => [
      String(name),
      toJsonObject(kind === undefined ? field : { ...field, type: plainType(kind) }),
    ],
  );
  const required = fields
    .filter((field) => field['required'] === true)
    .map(({ name }) => String(name));
  return { type: 'object', properties: Object.fromEntries(properties), required };
}

function formatNamed(name: string): Format | null {
  const plain = name.toLowerCase();
  const known = OUTPUT_FORMATS.find((format) => format === plain);
  return known ?? (Object.hasOwn(OTHER_NAMES, plain) ? (OTHER_NAMES[plain] ?? null) : null);
}

function formatOfPath(path: string | undefined): Format | null {
  const extension = /\.([a-z]+)\.md$/.exec(path ?? '')?.[1];
  return extension === undefined ? null : formatNamed(extension);
}

/**
 * The `response_format` of a model request: the schema, else any JSON where JSON is asked for. What
 * the prompt puts into `extra_body` wins over it.
 */
export function responseFormat(output: OutputSpec, name: string | undefined): JsonObject {
  const { schema, format } = output;
  if (schema === undefined) {
    return format === 'json' ? { response_format: { type: 'json_object' } } : {};
  }
  const label = (name ?? 'output').replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, 64);
  const json_schema = { name: label === '' ? 'output' : label, schema };
  return { response_format: { type: 'json_schema', json_schema } };
}

/** Providers refuse `json_object` where no message says JSON, so that the model is told. */
export function withJsonNamed(
  messages: readonly ChatMessage[],
  parameters: JsonObject,
): readonly ChatMessage[] {
  const { response_format: wanted } = parameters;
  if (!isObject(wanted) || wanted['type'] !== 'json_object') {
    return messages;
  }
  if (messages.some(({ content }) => /json/i.test(JSON.stringify(content)))) {
    return messages;
  }
  return [{ role: 'system', content: 'Answer with JSON and nothing else.' }, ...messages];
}

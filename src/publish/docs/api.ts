import { isObject } from '../../protocol/json.ts';

/** A part of an OpenAPI document that is an object. */
export type Part = Readonly<Record<string, unknown>>;

/** One method of one address. */
export interface Operation {
  /** In capitals. */
  readonly method: string;
  /** With parameters in braces. */
  readonly path: string;
  /** Its `operationId`, unique in the document; the anchor on the page. */
  readonly id: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly bodies: readonly Content[];
  readonly answers: readonly Answer[];
  /** Names of the security schemes of which one is enough; `none` where nobody needs one. */
  readonly security: readonly string[];
}

/** Something that an address, a query or a header carries. */
export interface Parameter {
  readonly name: string;
  readonly place: string;
  readonly isRequired: boolean;
  readonly description: string;
  readonly schema: unknown;
}

/** A body in one media type. */
export interface Content {
  readonly type: string;
  /** Null where any is meant. */
  readonly schema: unknown;
  readonly example: unknown;
}

/** What an operation may answer. */
export interface Answer {
  readonly status: string;
  readonly description: string;
  readonly contents: readonly Content[];
  readonly headers: readonly Parameter[];
}

/** An OpenAPI document of ours, as a page or a text shows it. */
export interface Api {
  readonly operations: readonly Operation[];
  /** By name. */
  readonly schemas: readonly (readonly [name: string, schema: unknown])[];
  /** What the security schemes are, by name. */
  readonly security: ReadonlyMap<string, string>;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/**
 * Reads an OpenAPI 3.1 document that was written here: addresses, parameters, bodies, answers.
 * References to `#/components/…` are followed once; schemas keep theirs, so nothing can go round.
 * @see https://spec.openapis.org/oas/v3.1.1
 */
export function readApi(document: unknown): Api {
  const root = partOf(document);
  const components = partOf(root['components']);
  const paths = Object.entries(partOf(root['paths']));
  return {
    operations: paths.flatMap(([path, item]) => operationsOf(root, path, partOf(item))),
    schemas: Object.entries(partOf(components['schemas'])),
    security: new Map(
      Object.entries(partOf(components['securitySchemes'])).map(([name, scheme]) => [
        name,
        textOf(partOf(scheme)['description']),
      ]),
    ),
  };
}

/** The object that a value is, or an empty one. */
export function partOf(value: unknown): Part {
  return isObject(value) ? value : {};
}

/** The text that a value is, or an empty one. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The list that a value is, or an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The last part of a reference such as `#/components/schemas/Run`; empty for what is none. */
export function referredName(value: unknown): string {
  return textOf(partOf(value)['$ref']).split('/').at(-1) ?? '';
}

function operationsOf(root: Part, path: string, item: Part): Operation[] {
  return METHODS.flatMap((method) => {
    const found = item[method];
    if (!isObject(found)) return [];
    const given = [...listOf(item['parameters']), ...listOf(found['parameters'])];
    return {
      method: method.toUpperCase(),
      path,
      id: textOf(found['operationId']),
      summary: textOf(found['summary']),
      description: textOf(found['description']),
      parameters: given.map((parameter) => parameterOf(followed(root, parameter))),
      bodies: contentsOf(followed(root, found['requestBody'])),
      answers: Object.entries(partOf(found['responses'])).map(([status, answer]) =>
        answerOf(status, followed(root, answer)),
      ),
      security: listOf(found['security']).map((one) => Object.keys(partOf(one))[0] ?? 'none'),
    };
  });
}

function answerOf(status: string, answer: Part): Answer {
  return {
    status,
    description: textOf(answer['description']),
    contents: contentsOf(answer),
    headers: Object.entries(partOf(answer['headers'])).map(([name, header]) =>
      parameterOf({ ...partOf(header), name, in: 'header' }),
    ),
  };
}

function parameterOf(parameter: Part): Parameter {
  return {
    name: textOf(parameter['name']),
    place: textOf(parameter['in']),
    isRequired: parameter['required'] === true,
    description: textOf(parameter['description']),
    schema: parameter['schema'],
  };
}

function contentsOf(part: Part): Content[] {
  return Object.entries(partOf(part['content'])).map(([type, content]) => ({
    type,
    schema: partOf(content)['schema'] ?? null,
    example: partOf(content)['example'] ?? null,
  }));
}

/** What a reference points to; anything else is itself. */
function followed(root: Part, value: unknown): Part {
  const reference = textOf(partOf(value)['$ref']);
  if (!reference.startsWith('#/')) return partOf(value);
  return reference
    .slice(2)
    .split('/')
    .reduce((part, key) => partOf(part[key]), root);
}

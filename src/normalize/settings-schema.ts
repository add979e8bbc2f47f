import type { JsonObject } from '../protocol/json.ts';
import { CALLBACK_EVENTS } from './callback.ts';
import { OUTPUT_FORMATS } from './output.ts';
import type { SettingType } from './setting-type.ts';
import { CONFIG_KEYS, SETTINGS, type Setting } from './settings.ts';
import { URL_POLICIES } from './urls.ts';

const TEXT = { type: 'string' } as const;
const TEXTS = { type: 'array', items: TEXT } as const;
const MAP = { type: 'object' } as const;
const TIME = {
  type: 'string',
  pattern: '^(?:never|\\s*\\d{1,12}(?:\\.\\d{1,6})? ?[smhdw]?\\s*)$',
} as const;
const COUNT = { type: 'integer', minimum: 1 } as const;
const URLS = {
  type: 'object',
  properties: {
    policy: { anyOf: [{ enum: [...URL_POLICIES, 'no'] }, { type: 'boolean' }] },
    max_urls: { type: 'integer', minimum: 0 },
    max_bytes: COUNT,
    max_tokens: COUNT,
    timeout: { anyOf: [{ type: 'number', exclusiveMinimum: 0 }, TIME] },
    on_error: { enum: ['note', 'fail'] },
  },
} as const;
/** An address, or the secret that holds it. */
const ADDRESS = { type: 'string', pattern: '^(?:[Hh][Tt][Tt][Pp][Ss]?://|\\$)' } as const;
const CALLBACK = {
  type: 'object',
  properties: {
    url: ADDRESS,
    events: { anyOf: [TEXT, { type: 'array', items: { enum: CALLBACK_EVENTS } }] },
  },
  required: ['url'],
} as const;
const ONE_OR_MORE = { anyOf: [TEXT, TEXTS] } as const;
const FLAG = { anyOf: [{ type: 'boolean' }, { enum: ['yes', 'no', 'on', 'off'] }] } as const;
/** Closed, as the reader is: a filter that is not understood lets too much through. */
const TOOL_FILTER = {
  anyOf: [
    TEXT,
    TEXTS,
    {
      type: 'object',
      properties: { tool_names: ONE_OR_MORE, read_only: FLAG },
      additionalProperties: false,
    },
  ],
} as const;
const APPROVAL = {
  type: 'object',
  properties: { always: TOOL_FILTER, never: TOOL_FILTER },
  additionalProperties: false,
} as const;

/**
 * The frontmatter as a JSON Schema, for editors: made of the one table of settings.
 * Keys that are not in it are allowed, since the files of other tools run here too.
 *
 * @see spec/frontmatter.schema.json
 */
export function frontmatterSchema(): JsonObject {
  const settings: readonly Setting[] = SETTINGS;
  const wired = settings.filter(({ wire }) => wire !== undefined);
  const config = { type: 'object', properties: propertiesFor(wired) };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Frontmatter of a MarkdownOps prompt',
    type: 'object',
    properties: {
      ...propertiesFor(settings),
      ...Object.fromEntries(CONFIG_KEYS.map((key) => [key, config])),
    },
  };
}

function propertiesFor(settings: readonly Setting[]): JsonObject {
  return Object.fromEntries(
    settings.flatMap((setting) =>
      [setting.key, ...setting.aliases].map((name) => [
        name,
        Object.assign({ description: describe(setting, name) }, schemaOf(setting.type)),
      ]),
    ),
  );
}

function describe({ key, meaning, default: fallback }: Setting, name: string): string {
  return name === key ? `${meaning} Default: ${fallback}.` : `The same as ${key}. ${meaning}`;
}

function schemaOf(type: SettingType): JsonObject {
  if (type.kind === 'number' || type.kind === 'integer') {
    return numberSchema(type);
  }
  if (type.kind === 'choice') {
    return { enum: type.of };
  }
  return type.kind === 'text' && type.pattern !== undefined
    ? { type: 'string', pattern: type.pattern }
    : SCHEMAS[type.kind];
}

function numberSchema(type: Extract<SettingType, { kind: 'number' | 'integer' }>): JsonObject {
  const { kind, min, max } = type;
  return {
    type: kind,
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
  };
}

const SCHEMAS: Readonly<
  Record<Exclude<SettingType['kind'], 'number' | 'integer' | 'choice'>, JsonObject>
> = {
  text: { type: ['string', 'number', 'boolean'] },
  flag: FLAG,
  list: ONE_OR_MORE,
  duration: { anyOf: [{ type: 'number', exclusiveMinimum: 0 }, TIME] },
  map: MAP,
  bias: { type: 'object', additionalProperties: { type: 'number', minimum: -100, maximum: 100 } },
  model: { anyOf: [TEXT, TEXTS, MAP] },
  tools: { anyOf: [TEXT, { type: 'array', items: { anyOf: [TEXT, MAP] } }, MAP] },
  tool_filter: TOOL_FILTER,
  tool_choice: { anyOf: [{ enum: ['none', 'auto', 'required'] }, MAP] },
  input: { anyOf: [MAP, { type: 'array' }] },
  output: { anyOf: [{ enum: OUTPUT_FORMATS }, MAP, { type: 'array' }] },
  urls: { anyOf: [{ enum: [...URL_POLICIES, 'no'] }, { type: 'boolean' }, URLS] },
  approval: { anyOf: [{ enum: ['never', 'always'] }, APPROVAL] },
  callback: { anyOf: [ADDRESS, CALLBACK] },
};

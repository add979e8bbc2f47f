import { nestsDeeperThan } from '../../protocol/json-depth.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';
import type { ElicitAnswer, Elicitation } from '../ports.ts';
import { cutText } from './mcp-content.ts';
import type { Endpoint } from './mcp-client.ts';

const MAX_MESSAGE = 4096;
const MAX_ADDRESS = 2048;
const MAX_SCHEMA = 64 * 1024;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

type Asker = Pick<Endpoint, 'url' | 'limits' | 'secrets'>;

/**
 * What a server asks a person, as the engine knows it; null for what nobody is to be asked: it is
 * declined.
 * @see spec/tool-servers.md TS-70
 */
export function elicitationOf(params: unknown, asker: Asker): Elicitation | null {
  const clean = asker.secrets.clean(params);
  if (!isObject(clean) || typeof clean['message'] !== 'string') return null;
  const message = cutText(clean['message'], MAX_MESSAGE);
  const { mode = 'form', url, requestedSchema: schema } = clean;
  if (mode === 'url') {
    const opened = openable(url, asker.url);
    return opened === null ? null : { mode, message, url: opened };
  }
  if (mode !== 'form' || !isForm(schema, asker.limits.schemaDepth)) return null;
  return { mode, message, schema };
}

/**
 * The address as a browser opens it, or null. Only a page of the web. A script or a file would act with the rights of
 * whoever opens it; a page on loopback only where the server itself is there.
 * Letters that look like others, or turn the text around, are written out: people read it before
 * they open it.
 */
function openable(address: unknown, server: URL): string | null {
  if (typeof address !== 'string' || address.length > MAX_ADDRESS || !URL.canParse(address)) {
    return null;
  }
  const { protocol, hostname, username, password, href } = new URL(address);
  // `https://bank.example@evil.example/` looks like another host than it is.
  if (username !== '' || password !== '') return null;
  const isNear = LOOPBACK.test(hostname) && LOOPBACK.test(server.hostname);
  return protocol === 'https:' || (protocol === 'http:' && isNear) ? href : null;
}

function isForm(schema: unknown, depth: number): schema is JsonObject {
  if (!isObject(schema) || nestsDeeperThan(schema, depth)) return false;
  return isObject(schema['properties']) && JSON.stringify(schema).length <= MAX_SCHEMA;
}

/** What a field of a form may hold. */
type FieldValue = string | number | boolean | string[];

/** An answer as it goes to the server. */
export interface SentAnswer {
  readonly action: ElicitAnswer['action'];
  readonly content?: Record<string, FieldValue>;
}

/** The answer as it goes to the server: fields that were left out have the form's defaults. */
export function answered({ action, content }: ElicitAnswer, asked: Elicitation): SentAnswer {
  if (action !== 'accept' || asked.mode === 'url') return { action };
  const defaults = Object.entries(propertiesOf(asked.schema)).map(
    ([name, field]) => [name, isObject(field) ? field['default'] : undefined] as const,
  );
  const given = Object.entries(content ?? {});
  const fields = [...defaults, ...given].flatMap(([name, value]) =>
    isFieldValue(value) ? [[name, value] as const] : [],
  );
  return { action, content: Object.fromEntries(fields) };
}

function isFieldValue(value: unknown): value is FieldValue {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string');
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function propertiesOf(schema: JsonObject | undefined): Readonly<Record<string, unknown>> {
  const properties = schema?.['properties'];
  return isObject(properties) ? properties : {};
}

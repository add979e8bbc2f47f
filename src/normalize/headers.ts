import { isObject } from '../protocol/json.ts';
import type { Settings } from './given.ts';
import type { Place } from './placed-problems.ts';
import { hasForeignReference, isLiteralSecret, normalizeSecrets } from './secrets.ts';

/** Headers that the connection itself sets; from a prompt they would smuggle or misroute requests. */
const FORBIDDEN = new Set([
  'host',
  'cookie',
  'content-length',
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'origin',
  'referer',
]);

type Path = readonly (string | number)[];

/**
 * The headers for a tool server, with secret references in one form.
 * Reports `invalid_header`, `literal_secret` and `unknown_reference`.
 */
export function readHeaders(
  value: unknown,
  settings: Settings,
  place: Place,
  path: Path,
): Readonly<Record<string, string>> {
  if (value === undefined || value === null) {
    return {};
  }
  if (!isObject(value)) {
    settings.wrong(place, 'has headers that are no map', path);
    return {};
  }
  const headers: [string, string][] = [];
  for (const [name, content] of Object.entries(value)) {
    const inside = [...path, name];
    if (
      isScalar(content) &&
      checkHeader(name, String(content), settings, { place, path: inside })
    ) {
      headers.push([name, normalizeSecrets(String(content))]);
    } else if (!isScalar(content)) {
      settings.wrong(place, `has a header ${printable(name)} that is no text`, inside);
    }
  }
  return Object.fromEntries(headers);
}

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function checkHeader(
  name: string,
  content: string,
  settings: Settings,
  where: { readonly place: Place; readonly path: Path },
): boolean {
  const at = settings.position(where.place, where.path);
  const invalid = (message: string): false => {
    settings.report('error', 'invalid_header', message, at);
    return false;
  };
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(name)) {
    return invalid(`${printable(name)} is no name of a header.`);
  }
  if (FORBIDDEN.has(name.toLowerCase())) {
    return invalid(`The header ${name} cannot be set by a prompt.`);
  }
  // A line break in a value would begin a header, or a request, of its own.
  if (/[^\t\x20-\x7e\x80-\xff]/.test(content)) {
    return invalid(`The header ${name} holds a character that headers cannot carry.`);
  }
  return checkSecret(name, content, settings, where);
}

/** Whether a value holds its secrets as references; reports when it does not. */
export function checkSecret(
  name: string,
  content: string,
  settings: Settings,
  where: { readonly place: Place; readonly path: Path },
): boolean {
  const at = settings.position(where.place, where.path);
  if (hasForeignReference(content)) {
    const message = `${name} holds a reference of another tool. Secrets are written \${env:NAME}.`;
    settings.report('error', 'unknown_reference', message, at);
    return false;
  }
  if (isLiteralSecret(name, content)) {
    const message = `${name} holds what looks like a token. Write \${env:NAME} instead, because prompts are published.`;
    settings.report('error', 'literal_secret', message, at);
    return false;
  }
  return true;
}

function printable(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}

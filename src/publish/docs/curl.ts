import type { Operation } from './api.ts';
import { listOf, partOf } from './api.ts';

/** Who reads a page or a text about this server. */
export interface Reader {
  /** Where they reached it: scheme, host and port without a slash at the end. */
  readonly origin: string;
  /** Whether prompts run only with a key. */
  readonly needsKey: boolean;
}

/** The option that sends the key, with a blank behind it; nothing where none is needed. */
export function keyOption({ needsKey }: Reader): string {
  return needsKey ? '-H "Authorization: Bearer $API_KEY" ' : '';
}

/**
 * How the operation is asked from a terminal. `$ID` and `$OWNER_TOKEN` are those of a run.
 * @returns null where it takes something that only its own situation gives
 */
export function curlFor(operation: Operation, reader: Reader): string | null {
  const path = filledPath(operation);
  const body = bodyOptions(operation);
  if (path === null || body === null || isForBrowsers(operation)) return null;
  const isPlain = operation.method === 'GET' || body !== '';
  const method = isPlain ? '' : `-X ${operation.method} `;
  const stream = operation.answers.some(
    ({ status, contents }) => status === '200' && contents[0]?.type === 'text/event-stream',
  );
  const unbuffered = stream ? '-N ' : '';
  const quote = path.includes('$') ? '"' : `'`;
  const head = `curl ${unbuffered}${method}${keyOf(operation, reader)}`;
  return `${head}${body}${quote}${reader.origin}${path}${quote}`;
}

/** Whether there is nothing to get, or only for a cookie or at an address that a page or a program has made. */
function isForBrowsers({ answers, security, parameters }: Operation): boolean {
  if (parameters.some(({ place, isRequired }) => place !== 'path' && isRequired)) return true;
  if (!answers.some(({ status }) => status.startsWith('2'))) return true;
  return security.length > 0 && !security.some((name) => FOR_PROGRAMS.has(name));
}

const FOR_PROGRAMS = new Set(['none', 'apiKey', 'ownerToken']);

/** The path with values in it. */
function filledPath({ path, parameters }: Operation): string | null {
  const filled = path.replace(/^\/\{id\}/, '/$ID').replace(/\{([^{}]+)\}/g, (whole, name) => {
    const found = parameters.find((parameter) => parameter.name === name);
    const [example] = listOf(partOf(found?.schema)['examples']);
    return typeof example === 'string' ? example : whole;
  });
  return filled.includes('{') ? null : filled;
}

/** Null where there must be a body and nobody said what it may be. */
function bodyOptions({ bodies }: Operation): string | null {
  if (bodies.length === 0) return '';
  const found = bodies.find(({ example }) => example !== null);
  if (found === undefined) return null;
  const { type, example } = found;
  const text = typeof example === 'string' ? example : JSON.stringify(example);
  const header = type === 'text/markdown' ? '' : `-H 'Content-Type: ${type}' `;
  return `${header}--data-binary '${text.replaceAll(`'`, String.raw`'\''`)}' `;
}

function keyOf({ security }: Operation, reader: Reader): string {
  if (security.includes('ownerToken')) return '-H "Authorization: Bearer $OWNER_TOKEN" ';
  return security.includes('apiKey') ? keyOption(reader) : '';
}

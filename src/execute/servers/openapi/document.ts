import { Fault } from '../../../fault/fault.ts';
import { nestsDeeperThan } from '../../../protocol/json-depth.ts';
import { isObject, type JsonObject } from '../../../protocol/json.ts';
import { limitFault } from '../server-faults.ts';
import { readYaml } from './yaml-document.ts';

/** Levels of lists and maps in a document. */
const MAX_DEPTH = 100;
/** Members of one object: it may be looked through again for each operation. */
const MAX_MEMBERS = 20_000;

/** An OpenAPI document, not yet believed in any part of it. */
export interface OpenapiDocument {
  /** `3.0.3`, `3.1.0` and so on. */
  readonly version: string;
  readonly root: JsonObject;
}

/**
 * Reads an OpenAPI document, JSON or YAML.
 * @param host how the server is called in messages
 * @returns null when it is something else
 * @throws Fault `server_unsupported` for another version, `server_garbage` for what cannot be read,
 *   `server_limit` when it nests too deep
 * @see spec/tool-servers.md TS-81
 */
export function readDocument(text: string, host: string): OpenapiDocument | null {
  const root = dataOf(text, host);
  if (root === null) return null;
  if (nestsDeeperThan(root, MAX_DEPTH) || isTooWide(root)) {
    throw limitFault(`The OpenAPI document of ${host} is nested too deep, or has too many parts.`);
  }
  const { openapi, swagger } = root;
  if (typeof openapi === 'string' && /^3\.[01](?:\.\d{1,4})?(?:-[\w.]{1,32})?$/.test(openapi)) {
    return { version: openapi, root };
  }
  if (openapi === undefined && swagger === undefined) return null;
  const message = `${host} describes itself in another version of OpenAPI. 3.0 and 3.1 are read here.`;
  throw new Fault('server_unsupported', message);
}

function dataOf(text: string, host: string): JsonObject | null {
  const plain = text.replace(/^\uFEFF/, '');
  try {
    const isJson = /^\s*[{[]/.test(plain);
    // A page in place of a document is common, and no YAML.
    if (/^\s*</.test(plain)) return null;
    const data: unknown = isJson ? JSON.parse(plain) : readYaml(plain);
    return isDocument(data) ? data : null;
  } catch (error) {
    if (error instanceof RangeError) throw limitFault(`${host} sent something nested too deep.`);
    if (!isJsonMistake(error) && error instanceof TypeError) {
      throw new Fault('server_garbage', `The document of ${host} ${error.message}.`);
    }
    throw new Fault('server_garbage', `The document of ${host} cannot be read.`, { cause: error });
  }
}

/** The depth was looked at before. */
function isTooWide(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isTooWide);
  if (!isObject(value)) return false;
  const members = Object.values(value);
  return members.length > MAX_MEMBERS || members.some(isTooWide);
}

function isJsonMistake(error: unknown): boolean {
  return error instanceof SyntaxError;
}

/** Both readers give plain data all the way down. */
function isDocument(data: unknown): data is JsonObject {
  return isObject(data);
}

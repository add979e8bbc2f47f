import { isObject, type JsonObject } from '../../../protocol/json.ts';
import { CannotCall } from './cannot-call.ts';
import { objectAt, plainObject } from './pointer.ts';

/** One operation of a document. */
export interface Operation {
  /** Unique among all operations of the document. */
  readonly name: string;
  /** In upper case. */
  readonly method: string;
  /** With its placeholders; begins with `/`. */
  readonly path: string;
  /** What stands at the path, for all its operations. */
  readonly item: JsonObject;
  readonly operation: JsonObject;
}

/** TRACE would show the headers that were sent, and `fetch` refuses it. */
const METHODS = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch']);
const MAX_NAME = 128;

/**
 * All operations, in the order of the document. The name of each depends on those before it only.
 * @see spec/tool-servers.md TS-82
 */
export function operationsOf(root: JsonObject): Operation[] {
  const names = new FreeNames();
  return Object.entries(plainObject(root['paths'])).flatMap(([path, written]) => {
    const item = path.startsWith('/') ? itemAt(root, written) : {};
    return Object.entries(item).flatMap(([method, operation]) => {
      if (!METHODS.has(method) || !isObject(operation)) return [];
      const name = names.take(nameOf(operation, method, path));
      return [{ name, method: method.toUpperCase(), path, item, operation }];
    });
  });
}

/** Operations in other documents are not known here, so there is nothing to show of them. */
function itemAt(root: JsonObject, written: JsonObject[string]): JsonObject {
  try {
    return objectAt(root, written);
  } catch (error) {
    if (error instanceof CannotCall) return {};
    throw error;
  }
}

function nameOf({ operationId }: JsonObject, method: string, path: string): string {
  const given = typeof operationId === 'string' ? plainName(operationId) : '';
  return given === '' ? plainName(`${method} ${path}`) : given;
}

function plainName(text: string): string {
  const words = text.slice(0, 4 * MAX_NAME).split(/[^A-Za-z0-9_.-]+/);
  return words
    .filter((word) => word !== '')
    .join('_')
    .slice(0, MAX_NAME);
}

/** The name, or the name with the first free number behind. */
class FreeNames {
  readonly #taken = new Set<string>();
  readonly #next = new Map<string, number>();

  take(wanted: string): string {
    let name = wanted;
    for (let number = this.#next.get(wanted) ?? 2; this.#taken.has(name); number += 1) {
      name = `${wanted}_${number}`;
      this.#next.set(wanted, number + 1);
    }
    this.#taken.add(name);
    return name;
  }
}

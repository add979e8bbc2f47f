import type { LoginRows, RowKind } from '../login/login.ts';

/** A Durable Object that holds the rows of one user, as it is called from outside. */
export interface RowsObject {
  get(kind: RowKind, key: string): Promise<string | null>;
  put(kind: RowKind, key: string, value: string): Promise<void>;
  delete(kind: RowKind, key: string): Promise<void>;
  list(kind: RowKind): Promise<readonly { readonly key: string; readonly value: string }[]>;
  alone(name: string, work: () => Promise<void>): Promise<void>;
}

/** The rows in a Durable Object. The work of `alone` runs here and only its turn is kept there. */
export function objectRows(object: RowsObject): LoginRows {
  return {
    get: (kind, key) => object.get(kind, key),
    put: (kind, key, value) => object.put(kind, key, value),
    delete: (kind, key) => object.delete(kind, key),
    list: (kind) => object.list(kind),
    alone: async (name, work) => {
      const outcomes: ReturnType<typeof work>[] = [];
      await object.alone(name, async () => {
        const outcome = work();
        outcomes.push(outcome);
        // What failed is thrown below as it is: across the boundary an error loses its class.
        await outcome.catch(() => undefined);
      });
      const [outcome] = outcomes;
      if (outcome === undefined) throw new TypeError('The Durable Object gave no turn.');
      return await outcome;
    },
  };
}

/** The rows of one user in a store of many: no key of one user is one of another's. */
export function rowsWithin(store: LoginRows, user: string): LoginRows {
  const prefix = `${encodeURIComponent(user)}/`;
  return {
    get: (kind, key) => store.get(kind, prefix + key),
    put: (kind, key, value) => store.put(kind, prefix + key, value),
    delete: (kind, key) => store.delete(kind, prefix + key),
    list: async (kind) =>
      (await store.list(kind)).flatMap(({ key, value }) =>
        key.startsWith(prefix) ? [{ key: key.slice(prefix.length), value }] : [],
      ),
    alone: (name, work) => store.alone(prefix + name, work),
  };
}

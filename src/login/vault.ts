import type { LoginRows, LoginTarget, RowKind } from './login.ts';
import { digest } from './random.ts';
import { seal } from './sealed.ts';
import { hostOf } from './unavailable.ts';
import { ROWS } from './vault-row.ts';
import type { Flow, Grant, Link, Registration, AskedFor, RowOf } from './vault-row.ts';

/**
 * The rows of one principal, sealed as they go in. What cannot be opened is not there: a damaged
 * or foreign row means "no login" and never an error of a run.
 * @see spec/tool-servers.md TS-40, TS-48, TS-49
 */
export interface Vault {
  get<Kind extends RowKind>(kind: Kind, key: string): Promise<RowOf[Kind] | null>;
  put<Kind extends RowKind>(kind: Kind, key: string, row: RowOf[Kind]): Promise<void>;
  delete(kind: RowKind, key: string): Promise<void>;
  /** Those whose key begins so. */
  list<Kind extends RowKind>(kind: Kind, prefix?: string): Promise<readonly Kept<RowOf[Kind]>[]>;
  /**
   * Makes the number of rows smaller than a limit; those that cannot be opened go first, then the
   * oldest.
   */
  makeRoom<Kind extends RowKind>(
    kind: Kind,
    limit: number,
    age: (row: RowOf[Kind]) => number,
  ): Promise<void>;
  /** Whether there are so many rows that can be opened. */
  isFull(kind: RowKind, limit: number): Promise<boolean>;
  alone<Value>(name: string, work: () => Promise<Value>): Promise<Value>;
}

/** A row with its key. */
export interface Kept<Row> {
  readonly key: string;
  readonly row: Row;
}

export function openVault(rows: LoginRows, principal: string, keys: readonly string[]): Vault {
  const sealed = seal(principal, keys);
  const opened = async <Kind extends RowKind>(
    kind: Kind,
    key: string,
    value: string,
  ): Promise<RowOf[Kind] | null> => {
    const text = await sealed.open(placeOf(kind, key), value);
    return text === null ? null : readers[kind](text);
  };
  const listed = async <Kind extends RowKind>(
    kind: Kind,
    prefix: string,
  ): Promise<readonly Kept<RowOf[Kind]>[]> => {
    const found = (await rows.list(kind)).filter(({ key }) => key.startsWith(prefix));
    const all = await Promise.all(
      found.map(async ({ key, value }) => ({ key, row: await opened(kind, key, value) })),
    );
    return all.flatMap(({ key, row }) => (row === null ? [] : [{ key, row }]));
  };
  return {
    get: async (kind, key) => {
      const value = await rows.get(kind, key);
      return value === null ? null : opened(kind, key, value);
    },
    put: async (kind, key, row) => {
      await rows.put(kind, key, await sealed.close(placeOf(kind, key), JSON.stringify(row)));
    },
    delete: (kind, key) => rows.delete(kind, key),
    list: (kind, prefix = '') => listed(kind, prefix),
    makeRoom: async (kind, limit, age) => {
      const all = await rows.list(kind);
      if (all.length < limit) return;
      const good = (await listed(kind, '')).toSorted((a, b) => age(b.row) - age(a.row));
      const staying = new Set(good.slice(0, limit - 1).map(({ key }) => key));
      for (const { key } of all) if (!staying.has(key)) await rows.delete(kind, key);
    },
    isFull: async (kind, limit) =>
      (await rows.list(kind)).length >= limit && (await listed(kind, '')).length >= limit,
    alone: (name, work) => rows.alone(name, work),
  };
}

const readers: { readonly [Kind in RowKind]: (text: string) => RowOf[Kind] | null } = {
  grant: (text): Grant | null => ROWS.grant.safeParse(JSON.parse(text)).data ?? null,
  client: (text): Registration | null => ROWS.client.safeParse(JSON.parse(text)).data ?? null,
  challenge: (text): AskedFor | null => ROWS.challenge.safeParse(JSON.parse(text)).data ?? null,
  flow: (text): Flow | null => ROWS.flow.safeParse(JSON.parse(text)).data ?? null,
  link: (text): Link | null => ROWS.link.safeParse(JSON.parse(text)).data ?? null,
};

function placeOf(kind: RowKind, key: string): string {
  return JSON.stringify([kind, key]);
}

/**
 * The beginning of the key of every grant of a target, whatever its issuer. The host can be read,
 * the rest is a digest: URLs have been seen with keys in their query.
 */
export async function targetKey({ user, profile, url }: LoginTarget): Promise<string> {
  return `${hostOf(url)} ${await digest(JSON.stringify([user, profile, url]))}`;
}

/** Never a prefix and never "same host": each of the four decides. */
export async function grantKey(target: LoginTarget, issuer: string): Promise<string> {
  return `${await targetKey(target)} ${await digest(issuer)}`;
}

import type { LoginRows, RowKind } from './login.ts';

/** Rows that live as long as the process: for a run that keeps nothing, and for tests. */
export function memoryRows(): LoginRows {
  const kept = new Map<string, string>();
  const tails = new Map<string, Promise<unknown>>();
  return {
    get: async (kind, key) => kept.get(nameOf(kind, key)) ?? null,
    put: async (kind, key, value) => {
      kept.set(nameOf(kind, key), value);
    },
    delete: async (kind, key) => {
      kept.delete(nameOf(kind, key));
    },
    list: async (kind) =>
      [...kept].flatMap(([name, value]) =>
        name.startsWith(`${kind} `) ? [{ key: name.slice(kind.length + 1), value }] : [],
      ),
    alone: async (name, work) => {
      const before = tails.get(name);
      const turn = (async () => {
        await before?.catch(() => undefined);
        return work();
      })();
      tails.set(name, turn);
      try {
        return await turn;
      } finally {
        if (tails.get(name) === turn) tails.delete(name);
      }
    },
  };
}

function nameOf(kind: RowKind, key: string): string {
  return `${kind} ${key}`;
}

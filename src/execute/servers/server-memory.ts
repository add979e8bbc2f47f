import type { ServerMemo, ServerMemory } from '../ports.ts';

/** How much a memory holds. */
export interface MemoryBounds {
  readonly entries: number;
  /** UTF-16 code units of all memos as JSON. */
  readonly length: number;
}

const BOUNDS: MemoryBounds = { entries: 200, length: 4 * 1024 * 1024 };

/**
 * A memory of servers that lives as long as the process; what was used longest ago goes first. One
 * principal has one.
 */
export function serverMemory(bounds: MemoryBounds = BOUNDS): ServerMemory {
  const kept = new Map<string, string>();
  let length = 0;
  const remove = (key: string): void => {
    length -= kept.get(key)?.length ?? 0;
    kept.delete(key);
  };
  return {
    recall: async (key) => {
      const text = kept.get(key);
      if (text === undefined) return null;
      kept.delete(key);
      kept.set(key, text);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written below
      return JSON.parse(text) as ServerMemo;
    },
    keep: async (key, memo) => {
      remove(key);
      const text = memo === null ? '' : JSON.stringify(memo);
      if (text === '' || text.length > bounds.length) return;
      kept.set(key, text);
      length += text.length;
      for (const oldest of kept.keys()) {
        if (kept.size <= bounds.entries && length <= bounds.length) break;
        remove(oldest);
      }
    },
  };
}

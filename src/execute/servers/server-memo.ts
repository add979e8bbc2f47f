import { MAX_CACHE_TTL_MS, type DiscoverResult, type Tool } from '@modelcontextprotocol/client';
import { isObject } from '../../protocol/json.ts';
import type { ServerMemo, ServerMemory } from '../ports.ts';

/** UTF-16 code units of a memo as JSON; a longer one is kept without its tools. */
const MAX_MEMO = 512 * 1024;

/** What is known of one server, as one set of credentials sees it. */
export interface KnownServer {
  recall(): Promise<ServerMemo | null>;
  /** Keeps it, or forgets it with null; never throws. */
  keep(memo: ServerMemo | null): Promise<void>;
}

/** The part of a memory that belongs to one server and the credentials that it is sent. */
export function knownServer(memory: ServerMemory, key: () => Promise<string>): KnownServer {
  return {
    // A memory that fails costs a round trip, never the connection.
    recall: async () => {
      try {
        const memo = await memory.recall(await key());
        return memo !== null && memo.until > Date.now() ? memo : null;
      } catch {
        return null;
      }
    },
    keep: async (memo) => {
      try {
        await memory.keep(await key(), memo);
      } catch {
        // As above.
      }
    },
  };
}

/**
 * Names a server together with what it is sent: two that differ in one header or token share
 * nothing. A hash, so that nothing secret is kept.
 */
export async function memoKey(url: URL, headers: Headers, token: string | null): Promise<string> {
  const sent = [...headers].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const text = JSON.stringify([1, url.href, sent, token]);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What is worth keeping of a server that was connected to. */
export interface Learned {
  readonly kind: 'http' | 'sse';
  /** Of a stateless server. */
  readonly discover: DiscoverResult | undefined;
  readonly tools: readonly Tool[];
  /** As the server gave it with the list. */
  readonly ttlMs: unknown;
}

/** The memo of a server; its tool list only for as long as the server allows. */
export function memoOf({ kind, discover, tools, ttlMs }: Learned): ServerMemo {
  const now = Date.now();
  const until = now + MAX_CACHE_TTL_MS;
  if (kind === 'sse') return { era: 'sse', until };
  if (discover === undefined) return { era: 'handshake', until };
  const bare: ServerMemo = { era: 'stateless', until, discover };
  const fresh = typeof ttlMs === 'number' && ttlMs > 0 ? Math.min(ttlMs, MAX_CACHE_TTL_MS) : 0;
  if (fresh === 0) return bare;
  const whole: ServerMemo = { ...bare, tools: { list: tools, until: now + fresh } };
  return JSON.stringify(whole).length <= MAX_MEMO ? whole : bare;
}

/** The tool list of a memo while it is fresh; null when there is none or it is no list of tools. */
export function freshTools(memo: ServerMemo | null): readonly Tool[] | null {
  const { tools } = memo ?? {};
  if (tools === undefined || tools.until <= Date.now()) return null;
  return tools.list.every(isTool) ? tools.list : null;
}

function isTool(value: unknown): value is Tool {
  return isObject(value) && typeof value['name'] === 'string' && isObject(value['inputSchema']);
}

/** The memo's answer to `server/discover`, which the SDK checks before it uses it. */
export function discoverOf(memo: ServerMemo): DiscoverResult | null {
  return isDiscover(memo.discover) ? memo.discover : null;
}

function isDiscover(value: unknown): value is DiscoverResult {
  return isObject(value) && Array.isArray(value['supportedVersions']);
}

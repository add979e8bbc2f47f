import type { FetchLike } from '@modelcontextprotocol/client';
import { RefusedRedirect } from '../../egress/guarded-fetch.ts';
import { Fault } from '../../fault/fault.ts';

/** Statuses with which a request goes elsewhere as it is. */
const SAME_METHOD: ReadonlySet<number> = new Set([307, 308]);

/**
 * A fetch that follows one redirect of an address inside of its origin, and sends what comes after it
 * to the target at once. Python servers that are mounted at `/mcp/` answer a POST to `/mcp` so; it was
 * not carried out then.
 * @param send honours `redirect: 'manual'`
 * @see spec/tool-servers.md TS-10
 */
export function movedFetch(send: FetchLike): FetchLike {
  const moved = new Map<string, URL>();
  return async (url, init) => {
    const asked = new URL(url);
    const known = moved.get(asked.href);
    if (known !== undefined) return send(known, init);
    let target: URL | null = null;
    try {
      const response = await send(asked, init);
      target = handedBack(response, asked);
      if (target === null) return response;
      await response.body?.cancel();
    } catch (error) {
      target = refused(error);
      if (target?.origin !== asked.origin) throw error;
    }
    moved.set(asked.href, target);
    return send(target, init);
  };
}

/** The redirect of a GET is handed back by the guarded fetch. */
function handedBack({ status, headers }: Response, from: URL): URL | null {
  const location = headers.get('location');
  if (!SAME_METHOD.has(status) || location === null) return null;
  const target = URL.canParse(location, from.href) ? new URL(location, from) : null;
  return target?.origin === from.origin ? target : null;
}

/** That of a POST is a fault there. */
function refused(error: unknown): URL | null {
  const cause = error instanceof Fault ? error.cause : null;
  const isWhole = cause instanceof RefusedRedirect && SAME_METHOD.has(cause.status);
  return isWhole ? cause.target : null;
}

import { afterEach } from 'vitest';
import { Fault } from '../../../../src/fault/fault.ts';
import type { Connection } from '../../../../src/execute/ports.ts';
import {
  toolServers,
  type ToolServersOptions,
} from '../../../../src/execute/servers/tool-servers.ts';
import type { ToolServer } from '../../../../src/normalize/request.ts';

/** A signal that never aborts. */
export const NEVER = new AbortController().signal;

/** A tool server as the normalizer would give it. */
export function serverAt(url: string, more: Partial<ToolServer> = {}): ToolServer {
  return {
    label: 'test',
    url,
    type: 'mcp',
    headers: {},
    require_approval: 'never',
    from: 'frontmatter',
    ...more,
  };
}

/** Connects as the product does, with the plain fetch in place of the guarded one. */
export function connectTo(
  server: string | ToolServer,
  options: Partial<ToolServersOptions> & { signal?: AbortSignal } = {},
): Promise<Connection> {
  const { signal = NEVER, ...more } = options;
  const servers = toolServers({ fetch, own: async () => null, secrets: () => null, ...more });
  return servers.connect(typeof server === 'string' ? serverAt(server) : server, signal);
}

/** What a promise is rejected with. */
export async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('It was not rejected.');
}

interface Closable {
  close(): Promise<void>;
}

/** Keeps what a test opened, and closes it after the test: what was opened last goes first. */
export function closedAfterEach(): <Thing extends Closable>(thing: Thing) => Thing {
  const open: Closable[] = [];
  afterEach(async () => {
    for (const thing of open.splice(0).toReversed()) await thing.close();
  });
  return (thing) => {
    open.push(thing);
    return thing;
  };
}

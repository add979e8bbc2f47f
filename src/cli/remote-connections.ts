import { Fault } from '../fault/fault.ts';
import { isObject } from '../protocol/json.ts';
import type { Connected, ConnectionsPlace } from './connected.ts';
import type { RemoteServer } from './remote-server.ts';

/** The logins that a MarkdownOps server keeps for whoever has the key. */
export function remoteConnections(server: RemoteServer): ConnectionsPlace {
  return {
    list: async (signal) => connectedIn(await server.ask('connections', { signal })),
    disconnect: async (id, signal) => {
      try {
        const path = `connections/${encodeURIComponent(id)}`;
        await server.ask(path, { method: 'DELETE', signal });
        return true;
      } catch (error) {
        if (error instanceof Fault && error.code === 'not_found') return false;
        throw error;
      }
    },
  };
}

function connectedIn(body: unknown): readonly Connected[] {
  const list = isObject(body) ? body['data'] : null;
  if (!Array.isArray(list))
    throw new Fault('internal', 'The server did not send a list of logins.');
  return list.filter(isObject).map((item) => ({
    id: text(item['id']),
    server_url: text(item['server_url']),
    profile: text(item['profile']),
    issuer: text(item['issuer']),
    scope: text(item['scope']),
    created_at: time(item['created_at']) ?? 0,
    expires_at: time(item['expires_at']),
    can_refresh: item['can_refresh'] === true,
  }));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Times are ISO 8601 on the wire. */
function time(value: unknown): number | null {
  const ms = typeof value === 'string' ? Date.parse(value) : value;
  return typeof ms === 'number' && Number.isFinite(ms) ? ms : null;
}

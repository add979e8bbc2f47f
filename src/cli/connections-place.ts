import { connectedOf, type ConnectionsPlace } from './connected.ts';
import { allowList } from './environment.ts';
import { LocalVault } from './local-vault.ts';
import type { Arguments } from './options.ts';
import { RemoteServer } from './remote-server.ts';
import { remoteConnections } from './remote-connections.ts';
import { UsageError } from './usage-error.ts';

/**
 * Where a command looks for logins: at the server of `--remote`, else on this machine.
 * @throws UsageError for options that do not go together
 */
export function connectionsFor(given: Arguments): ConnectionsPlace {
  const server = remoteOf(given);
  if (server !== null) return remoteConnections(server);
  return localConnections(
    new LocalVault(process.env, allowList(process.env, given.values('allow'))),
  );
}

/**
 * The server of `--remote`, or null.
 * @throws UsageError
 */
export function remoteOf(given: Arguments): RemoteServer | null {
  const remote = given.value('remote');
  if (remote === undefined) {
    if (given.has('key')) throw new UsageError('`--key` is for a server with `--remote`.');
    return null;
  }
  if (given.has('allow')) throw new UsageError('`--allow` does not go with `--remote`.');
  return new RemoteServer(remote, given.value('key') ?? process.env['MDOPS_KEY']);
}

/** Nothing is made only to find out that there is nothing. */
function localConnections(vault: LocalVault): ConnectionsPlace {
  return {
    list: async () => {
      if (!(await vault.exists())) return [];
      return (await (await vault.client()).list()).map(connectedOf);
    },
    disconnect: async (id, signal) => (await vault.client()).disconnect(id, signal),
  };
}

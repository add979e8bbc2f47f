import { connectedOf, type ConnectionsPlace } from './connected.ts';
import { allowList } from './environment.ts';
import { LocalVault } from './local-vault.ts';
import type { Arguments } from './options.ts';
import { RemoteServer } from './remote-server.ts';
import { remoteConnections } from './remote-connections.ts';
import { ServerKeys } from './server-keys.ts';
import { UsageError } from './usage-error.ts';

/**
 * Where a command looks for logins: at the server of `--remote`, else on this machine.
 * @throws UsageError for options that do not go together
 */
export async function connectionsFor(given: Arguments): Promise<ConnectionsPlace> {
  const server = await remoteOf(given);
  if (server !== null) return remoteConnections(server);
  return localConnections(
    new LocalVault(process.env, allowList(process.env, given.values('allow'))),
  );
}

/**
 * The server of `--remote`, or null.
 * @throws UsageError
 */
export async function remoteOf(given: Arguments): Promise<RemoteServer | null> {
  const remote = given.value('remote');
  if (remote === undefined) {
    if (given.has('key')) throw new UsageError('`--key` is for a server with `--remote`.');
    return null;
  }
  if (given.has('allow')) throw new UsageError('`--allow` does not go with `--remote`.');
  return new RemoteServer(remote, await keyFor(remote, given));
}

/** The key for a server: the one that was given, else the one that `mdops login` got from it. */
export async function keyFor(remote: string, given: Arguments): Promise<string | undefined> {
  const named = given.value('key') ?? process.env['MDOPS_KEY'];
  return named ?? (await new ServerKeys(process.env).find(remote))?.key;
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

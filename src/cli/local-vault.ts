import { guardedFetch } from '../egress/guarded-fetch.ts';
import type { LoginClient, RegisteredClient } from '../login/login-client.ts';
import type { Environment } from './environment.ts';
import { FileLoginRows } from './file-login-rows.ts';
import { FileServerMemory } from './file-server-memory.ts';
import { loginClients } from './login-clients.ts';
import { nodeNetwork } from '../node/node-network.ts';
import { StateFolder, statePath } from './state-folder.ts';
import { givenVaultKeys, vaultKeys } from './vault-key.ts';

/** For clients that start no login: no browser is sent there. */
const NO_LISTENER = 'http://127.0.0.1/connect/callback';

/** The logins of the person at this machine, as the files of the state folder hold them. */
export class LocalVault {
  readonly #keys: readonly string[];
  readonly #registered: readonly RegisteredClient[];
  readonly #allowed: readonly string[];
  readonly #home: StateFolder;
  readonly #rows: FileLoginRows;
  /** What runs learned of tool servers. */
  readonly memory: FileServerMemory;
  #client: Promise<LoginClient> | null = null;

  /**
   * @param allowed loopback addresses that discovery may reach
   * @throws UsageError when a variable of the environment is malformed
   */
  constructor(env: Environment, allowed: readonly string[]) {
    this.#keys = givenVaultKeys(env);
    this.#registered = loginClients(env);
    this.#allowed = allowed;
    this.#home = new StateFolder(statePath(env));
    this.#rows = new FileLoginRows(this.#home);
    this.memory = new FileServerMemory(this.#home);
  }

  /**
   * Whether anything was ever kept.
   * @throws UsageError when the folder is open to others
   */
  exists(): Promise<boolean> {
    return this.#home.exists();
  }

  /** The client that gives, refreshes and forgets tokens; makes the key when there is none. */
  client(): Promise<LoginClient> {
    this.#client ??= this.clientFor(NO_LISTENER);
    return this.#client;
  }

  /** A client whose logins send the browser back to this address. */
  async clientFor(redirectUri: string): Promise<LoginClient> {
    const { loginClient } = await import('../login/oauth-client.ts');
    return loginClient({
      principal: 'local',
      rows: this.#rows,
      vaultKeys: await vaultKeys(this.#keys, this.#home),
      fetch: guardedFetch({
        allow: this.#allowed,
        transport: nodeNetwork(),
        maxBytes: 1024 * 1024,
        headTimeoutMs: 15_000,
        idleTimeoutMs: 15_000,
        totalTimeoutMs: 30_000,
        hops: { get: 3, post: 0 },
      }),
      now: Date.now,
      redirectUri,
      // Nobody else can read an address of this machine.
      clientMetadataUrl: null,
      registered: this.#registered,
    });
  }
}

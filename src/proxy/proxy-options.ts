import type { FetchLike } from '../egress/guarded-fetch.ts';
import type { RegisteredClient } from '../login/login-client.ts';
import type { LoginRows } from '../login/login.ts';

/** Who the app is, as tool servers and authorization servers see it. */
export interface ClientInfo {
  readonly name: string;
  readonly version: string;
  /** For people; `name` when left out. */
  readonly title?: string;
}

/** What an app says about itself and its user. */
export interface ChatCompletionsProxyOptions {
  /** Origin of the app as browsers see it, such as `https://app.example`. */
  readonly baseUrl: string;
  /**
   * The user as the app knows it, never taken from a field of a request. A suffix after `#`, as in
   * `alice#work`, is a profile: another set of logins of the same user.
   */
  readonly userId: string;
  readonly clientInfo: ClientInfo;
  /**
   * Who opens a login page: the user id, or null for nobody. Only the user that a link was made
   * for may open it. Without it that is `userId`, which then has to be who sent the request at hand.
   */
  readonly verifyUser?: (request: Request) => string | null | Promise<string | null>;
  /**
   * Called when a person has to do something, such as logging in. With it, requests are held and
   * go on by themselves afterwards.
   */
  readonly onUserMessage?: (url: string, message: string) => void | Promise<void>;
  /**
   * What a missing login is when the request does not say `on_auth` itself: an answer with the
   * link, a wait, or a 401. `wait` with `onUserMessage`, else `link`.
   */
  readonly onAuth?: 'link' | 'wait' | 'fail';
  /** Values of `${env:NAME}` in headers of tool servers. */
  readonly secrets?: (name: string) => string | null;
  /** `host:port` on loopback that tool servers may be at, for development. */
  readonly allowLocal?: readonly string[];
  /** Requests to the model that one completion may take; 10 when left out. */
  readonly maxSteps?: number;
  /** How calls are shown; `markdown` when left out. */
  readonly view?: 'markdown' | 'text' | 'reasoning';
  /** Path of the login pages; `/connect` when left out. */
  readonly path?: string;
  /** Where logins are kept, sealed; a Worker keeps them in `MCPProviders` when left out. */
  readonly store?: LoginRows;
  /**
   * Seals the logins: 32 characters or more; of several with commas the first seals and all open.
   * `env.VAULT_KEY` when left out.
   */
  readonly vaultKey?: string;
  /** OAuth clients that were made by hand. */
  readonly loginClients?: readonly RegisteredClient[];
  /** Reaches the model and everything that is not ours; the platform's when left out. */
  readonly fetch?: typeof globalThis.fetch;
}

/** What the library needs of the place where it runs. */
export interface ProxyPlatform {
  readonly fetch: typeof globalThis.fetch;
  /** Networks for what requests name. */
  readonly network: { readonly internet: FetchLike; readonly local: FetchLike };
  /** The rows of a user where the app gives no store; null keeps them in memory. */
  readonly rowsOf: ((user: string) => LoginRows) | null;
}

/** One user with one profile. */
export interface AppUser {
  readonly user: string;
  readonly profile: string;
}

/**
 * Takes a user id apart.
 * @throws TypeError for one that names nobody
 */
export function userIn(userId: string): AppUser {
  const at = userId.indexOf('#');
  const user = at === -1 ? userId : userId.slice(0, at);
  const profile = at === -1 ? 'default' : userId.slice(at + 1);
  if (user === '' || user.length > 200) {
    throw new TypeError('userId must have 1 to 200 characters.');
  }
  if (!/^[\w.-]{1,64}$/.test(profile)) {
    throw new TypeError('The profile after # in userId must be one word.');
  }
  return { user, profile };
}

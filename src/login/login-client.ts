import type { LoginPlan, LoginRecord, LoginRows, LoginTarget, Refusal } from './login.ts';

/** An OAuth client that was made by hand at an authorization server. @see RFC 6749 section 2 */
export interface RegisteredClient {
  /** The authorization server, as its metadata says it. */
  readonly issuer: string;
  readonly client_id: string;
  readonly client_secret?: string;
}

/** What logging in needs of the world. */
export interface LoginClientOptions {
  /** Whose logins these are; part of what binds a sealed row to its place. */
  readonly principal: string;
  readonly rows: LoginRows;
  /** Secrets of 32 characters or more; the first seals, all of them open. */
  readonly vaultKeys: readonly string[];
  /** The guarded fetch: every discovery and OAuth address comes from a stranger. */
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Where authorization servers send the browser back to. */
  readonly redirectUri: string;
  /** The client id metadata document that this server publishes; null where none can be reached. */
  readonly clientMetadataUrl: string | null;
  readonly registered: readonly RegisteredClient[];
  /** Whether the person who logs in may see this address of a server; yes when left out. */
  readonly mayShow?: (address: string) => boolean;
  /** How authorization servers name us to a person; `MarkdownOps` when left out. */
  readonly clientName?: string;
}

/**
 * Logs one principal in to tool servers: discovery, registration, the code flow with PKCE, and
 * tokens that are kept and refreshed.
 * @see spec/tool-servers.md, Login
 */
export interface LoginClient {
  /** The access token to send, refreshed when it is about to expire; null without a login. */
  token(target: LoginTarget, signal: AbortSignal): Promise<string | null>;
  /**
   * After a server refused: remembers what it asked for.
   * @returns another token to try once, or null when a person has to log in
   */
  refused(target: LoginTarget, refusal: Refusal, signal: AbortSignal): Promise<string | null>;
  /**
   * What a login would ask for; nothing is started.
   * @throws Fault `login_unavailable` when the server or its authorization server cannot be logged in to
   */
  plan(target: LoginTarget, signal: AbortSignal): Promise<LoginPlan>;
  /**
   * Starts a login: a `state` of ten minutes that can be used once.
   * @param browser what only the browser that goes there knows, such as the value of a cookie
   * @returns the address of the authorization server to send it to, and the state in it
   * @throws Fault `login_unavailable`
   */
  begin(
    target: LoginTarget,
    browser: string,
    signal: AbortSignal,
  ): Promise<{ readonly url: string; readonly state: string }>;
  /**
   * The browser came back with these parameters.
   * @throws Fault `login_invalid` for a state that is unknown, used, over or of another browser,
   *   `login_denied` when the person or the authorization server said no, `login_unavailable`
   */
  finish(parameters: URLSearchParams, browser: string, signal: AbortSignal): Promise<LoginRecord>;
  /** The logins that are there. */
  list(): Promise<readonly LoginRecord[]>;
  /** Forgets a login, revoked first where the server offers that (RFC 7009); false for an unknown id. */
  disconnect(id: string, signal: AbortSignal): Promise<boolean>;
}

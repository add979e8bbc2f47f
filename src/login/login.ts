/**
 * The words of logging in to a tool server, shared by everything that takes part.
 * @see spec/tool-servers.md, Login
 */

/**
 * Whose login it is and for which server. Two targets that differ in any member never share a
 * token. `principal` is not a member: every principal has a store of its own.
 */
export interface LoginTarget {
  /** The exact URL of the tool server, without fragment. */
  readonly url: string;
  /** A label inside the principal, for apps whose one key serves many people; '' for none. */
  readonly user: string;
  /** Which of the principal's sets of logins. */
  readonly profile: string;
}

/** How a server refused a request. @see RFC 6750 section 3 */
export interface Refusal {
  /** 401, or 403 with `insufficient_scope`. */
  readonly status: 401 | 403;
  /** The `WWW-Authenticate` header, bounded in size by the caller; null without one. */
  readonly challenge: string | null;
  /** The token that was sent; null for none. */
  readonly token: string | null;
}

/** A login that is there, without anything secret. */
export interface LoginRecord {
  /** Unguessable name of the row, for disconnecting. */
  readonly id: string;
  readonly target: LoginTarget;
  /** The authorization server. */
  readonly issuer: string;
  /** Space separated, as granted; '' when the server did not say. */
  readonly scope: string;
  /** Milliseconds since 1970. */
  readonly created_at: number;
  /** When the access token ends; null when not told. */
  readonly expires_at: number | null;
  /** Whether it goes on by itself when the access token ends. */
  readonly can_refresh: boolean;
}

/** What a person is told before a login starts. */
export interface LoginPlan {
  readonly target: LoginTarget;
  readonly issuer: string;
  /** Origin of the page where the browser is sent; the issuer says which, and it may be another host. */
  readonly sends_to: string;
  /** What will be asked for; empty leaves it to the authorization server. */
  readonly scopes: readonly string[];
  /** Set when the login already there is widened. */
  readonly has_scopes: readonly string[];
}

/**
 * Where the rows of one principal are kept: a Durable Object, a file of the command line, memory.
 * Values are sealed before they come here.
 */
export interface LoginRows {
  get(kind: RowKind, key: string): Promise<string | null>;
  /** Durable before it resolves. */
  put(kind: RowKind, key: string, value: string): Promise<void>;
  delete(kind: RowKind, key: string): Promise<void>;
  list(kind: RowKind): Promise<readonly { readonly key: string; readonly value: string }[]>;
  /** Runs the work alone among all that use the same name, in every process that shares the rows. */
  alone<Value>(name: string, work: () => Promise<Value>): Promise<Value>;
}

/**
 * `grant` tokens, `client` registrations, `challenge` what a server asked for, `flow` logins under
 * way, `link` those that somebody was asked for.
 */
export type RowKind = 'grant' | 'client' | 'challenge' | 'flow' | 'link';

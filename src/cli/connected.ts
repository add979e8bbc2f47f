import type { LoginRecord } from '../login/login.ts';

/** A login to a tool server, as it is listed. */
export interface Connected {
  readonly id: string;
  readonly server_url: string;
  readonly profile: string;
  /** The authorization server. */
  readonly issuer: string;
  /** Space separated; '' when it was not said. */
  readonly scope: string;
  /** Milliseconds since 1970, as the next one. */
  readonly created_at: number;
  /** When the access token ends; null when not told. */
  readonly expires_at: number | null;
  /** Whether it goes on by itself then. */
  readonly can_refresh: boolean;
}

/** The logins of one place: this machine, or a MarkdownOps server. */
export interface ConnectionsPlace {
  list(signal: AbortSignal): Promise<readonly Connected[]>;
  /** Forgets a login and tells the authorization server; false when there is none of that id. */
  disconnect(id: string, signal: AbortSignal): Promise<boolean>;
}

/** A login of the vault, as it is listed. */
export function connectedOf({ target, ...record }: LoginRecord): Connected {
  const { id, issuer, scope, created_at, expires_at, can_refresh } = record;
  const { url: server_url, profile } = target;
  return { id, server_url, profile, issuer, scope, created_at, expires_at, can_refresh };
}

import { readSettings } from './settings.ts';
import type { SettingsResult, Variables } from './settings.ts';

/** The bindings of the Worker; variables are text bindings beside these. */
export interface Env {
  /** {@link RunObject}s by run id; called through `runClient`. */
  readonly RUNS: DurableObjectNamespace;
  /** PrincipalObjects by the name of the principal; called through `principalClient`. */
  readonly PRINCIPALS: DurableObjectNamespace;
  /** AddressObjects by a keyed hash of an address; called through `callerAddress`. */
  readonly ADDRESSES: DurableObjectNamespace;
  /** McpSessionsObjects by the name of the principal; called through `mcpSessions`. */
  readonly MCP_SESSIONS: DurableObjectNamespace;
  /** OauthObjects by the name of a grantor; called through `grantorClient` and `programsClient`. */
  readonly OAUTH: DurableObjectNamespace;
  /** Snapshots of runs that have ended, when deployed; called through `snapshotStore`. */
  readonly SNAPSHOTS?: R2Bucket;
  /** A folder for the same, which only `npm start` binds. */
  readonly SNAPSHOT_DISK?: Fetcher;
  /** AccountObjects by the name of a user's principal; called through `accountClient`. */
  readonly ACCOUNTS: DurableObjectNamespace;
  /** Loopback, for places that `EGRESS_ALLOW` names; only `npm start` binds it. */
  readonly LOCAL_NETWORK?: Fetcher;
  /** All networks, for hosts that the operator configured, in that role; only `npm start` binds it. */
  readonly OPERATOR_NETWORK?: Fetcher;
  /** What the variables say, where they were read for this request already; no binding. */
  readonly READ?: SettingsResult;
}

/** The text bindings alone: variables and secrets. */
export function variablesOf(env: Env): Variables {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** The settings of the server, checked; see {@link readSettings}. */
export function readEnv(env: Env): SettingsResult {
  return env.READ ?? readSettings(variablesOf(env));
}

/** The same bindings with the settings read, so that one request reads them once. */
export function withSettings(env: Env): Env {
  return { ...env, READ: readEnv(env) };
}

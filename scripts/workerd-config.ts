import { join, relative } from 'node:path';
import type { BundledModule } from './bundle.ts';
import { VARIABLES } from '../src/worker/settings.ts';

/** The newest date that the workerd of package.json knows; the same as in wrangler.toml. */
export const COMPATIBILITY_DATE = '2026-10-23';

/** What differs from one start to another. */
export interface ServerPlan {
  /** Entry first. */
  readonly modules: readonly BundledModule[];
  readonly port: number;
  readonly stateDir: string;
  /** The environment of workerd, from which the Worker's variables are taken. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/**
 * The configuration of workerd as text.
 *
 * Prompts get a network of public addresses only. workerd checks the address after DNS, so a name
 * that points inside is refused as well. Loopback is a second network that the Worker uses for
 * what `EGRESS_ALLOW` names, and a third without limits is for hosts that the operator configured.
 * Variables are taken from the environment of the process: no key is written to disk.
 */
export function workerdConfig({ modules, port, stateDir, variables }: ServerPlan): string {
  const names = Object.keys(variables).filter((name) => isOurs(name) && variables[name]);
  const bindings = names.map((name) => `(name = ${text(name)}, fromEnvironment = ${text(name)})`);
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public"], tlsOptions = (trustBrowserCas = true))),
    (name = "loopback", network = (allow = ["local"], tlsOptions = (trustBrowserCas = true))),
    (name = "everywhere", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
    (name = "runs", disk = (path = ${text(join(stateDir, 'runs'))}, writable = true)),
    (name = "snapshots", disk = (path = ${text(join(stateDir, 'snapshots'))}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [
${modules.map(({ name, path }) => `    (name = ${text(name)}, esModule = embed ${text(relative(stateDir, path))}),`).join('\n')}
  ],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  compatibilityFlags = ["enable_request_signal", "global_fetch_strictly_public"],
  globalOutbound = "internet",
  durableObjectNamespaces = [
    (className = "RunObject", uniqueKey = "runs", enableSql = true),
    (className = "PrincipalObject", uniqueKey = "principals", enableSql = true),
    (className = "AddressObject", uniqueKey = "addresses", enableSql = true),
    (className = "McpSessionsObject", uniqueKey = "mcp-sessions", enableSql = true),
    (className = "OauthObject", uniqueKey = "oauth", enableSql = true),
    (className = "AccountObject", uniqueKey = "accounts", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "runs"),
  bindings = [
    (name = "RUNS", durableObjectNamespace = "RunObject"),
    (name = "PRINCIPALS", durableObjectNamespace = "PrincipalObject"),
    (name = "ADDRESSES", durableObjectNamespace = "AddressObject"),
    (name = "MCP_SESSIONS", durableObjectNamespace = "McpSessionsObject"),
    (name = "OAUTH", durableObjectNamespace = "OauthObject"),
    (name = "SNAPSHOT_DISK", service = "snapshots"),
    (name = "ACCOUNTS", durableObjectNamespace = "AccountObject"),
    (name = "LOCAL_NETWORK", service = "loopback"),
    (name = "OPERATOR_NETWORK", service = "everywhere"),
${bindings.map((binding) => `    ${binding},`).join('\n')}
  ],
);
`;
}

function isOurs(name: string): boolean {
  return VARIABLES.includes(name) || /^(?:SECRET_|HOSTS_OF_SECRET_|LOCAL_O)/.test(name);
}

/** A string of the configuration language; JSON's escapes are a part of its own. */
function text(value: string): string {
  return JSON.stringify(value);
}

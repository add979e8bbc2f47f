import { parseAllowList } from '../egress/address-policy.ts';
import { guardedFetch, type FetchLike, type GuardedFetch } from '../egress/guarded-fetch.ts';
import type { Model, Ports, ToolServers } from '../execute/ports.ts';
import { configuredProviders, type Provider } from '../execute/providers.ts';
import { references } from '../execute/references.ts';
import { nodeNetwork, type NodeNetwork } from './node-network.ts';
import { environmentSecrets } from './secrets.ts';
import { UsageError } from './usage-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const MINUTE = 60_000;
const MEGABYTE = 1024 * 1024;

/**
 * The model providers that the environment switches on.
 * @throws UsageError naming the malformed variable
 */
export function localProviders(env: Environment): readonly Provider[] {
  return asUsage(() => configuredProviders(env));
}

/**
 * Loopback addresses that the prompt may reach: `EGRESS_ALLOW` and `--allow`.
 * @throws UsageError naming the malformed entry
 */
export function allowList(env: Environment, more: readonly string[]): readonly string[] {
  return asUsage(() => parseAllowList([env['EGRESS_ALLOW'] ?? '', ...more].join(',')));
}

function asUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new UsageError(cause.message, { cause });
  }
}

/** What the ports of a run in this process are made of. */
export interface LocalPortsOptions {
  readonly providers: readonly Provider[];
  readonly allowed: readonly string[];
  readonly env: Environment;
}

/**
 * The ports of a run in this process. The MCP client and the model client are loaded when the run
 * first needs them: most runs need only one of the two, and both are slow to load.
 */
export function localPorts({
  providers,
  allowed,
  env,
}: LocalPortsOptions): Pick<Ports, 'model' | 'servers' | 'references'> {
  const network = nodeNetwork();
  const guarded = (options: { maxBytes: number; totalTimeoutMs: number }): GuardedFetch =>
    guardedFetch({
      allow: allowed,
      transport: network,
      headTimeoutMs: MINUTE,
      idleTimeoutMs: 2 * MINUTE,
      hops: { get: 3, post: 0 },
      ...options,
    });
  return {
    model: lazyModel(providers, env, network),
    servers: lazyServers(guarded({ maxBytes: 32 * MEGABYTE, totalTimeoutMs: Infinity }), env),
    references: references({ fetch: guarded({ maxBytes: 8 * MEGABYTE, totalTimeoutMs: MINUTE }) }),
  };
}

function lazyModel(providers: readonly Provider[], env: Environment, network: NodeNetwork): Model {
  const fetchFor = (provider: Provider): typeof globalThis.fetch =>
    providerFetch(provider, network[hasOwnBase(provider, env) ? 'anywhere' : 'internet']);
  const load = async (provider: string): Promise<Model> => {
    if (provider === 'demo') return (await import('../demo/demo-model.ts')).demoModel();
    const { openaiModel } = await import('../execute/openai-model.ts');
    return openaiModel({ providers, fetchFor });
  };
  return {
    complete: async function* (call, signal) {
      yield* (await load(call.provider)).complete(call, signal);
    },
  };
}

/** The person's own choice of a model server may be anywhere, this machine and network included. */
function hasOwnBase({ id }: Provider, env: Environment): boolean {
  return id === 'openai' && (env['OPENAI_BASE_URL'] ?? '').trim() !== '';
}

/** A fetch that reaches the provider's own origin only: its key must go nowhere else. */
function providerFetch({ id, baseUrl }: Provider, transport: FetchLike): typeof globalThis.fetch {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (baseUrl === null || url.origin !== new URL(baseUrl).origin) {
      throw new TypeError(`The key of ${id} goes to its own host only.`);
    }
    return transport(url.href, { ...init, redirect: 'manual' });
  };
}

function lazyServers(fetch: GuardedFetch, env: Environment): ToolServers {
  return {
    async connect(server, signal) {
      const { toolServers } = await import('../execute/tool-servers.ts');
      const servers = toolServers({ fetch, own: ownServer, secrets: environmentSecrets(env) });
      return servers.connect(server, signal);
    },
  };
}

/** `@/demo/mcp` is served in this process; a command line has no other paths of its own. */
async function ownServer(path: string, request: Request): Promise<Response | null> {
  if (path !== '/demo/mcp') return null;
  const { demoMcp } = await import('../demo/demo-mcp.ts');
  return demoMcp(request);
}

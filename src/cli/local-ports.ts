import { guardedFetch, type FetchLike, type GuardedFetch } from '../egress/guarded-fetch.ts';
import type {
  Logins,
  Model,
  Ports,
  References,
  ServerMemory,
  ToolServers,
} from '../execute/ports.ts';
import type { Provider } from '../execute/model/providers.ts';
import type { Environment } from './environment.ts';
import { nodeNetwork, type NodeNetwork } from '../node/node-network.ts';
import { environmentSecrets } from '../execute/environment-secrets.ts';

const MINUTE = 60_000;
const MEGABYTE = 1024 * 1024;

/** What the ports of a run in this process are made of. */
export interface LocalPortsOptions {
  readonly providers: readonly Provider[];
  readonly allowed: readonly string[];
  readonly env: Environment;
  readonly logins: Logins;
  readonly memory?: ServerMemory;
}

/**
 * The ports of a run in this process. The clients of models and tool servers and the reader of
 * pages are loaded when the run first needs them: few runs need all, and all are slow to load.
 */
export function localPorts({
  providers,
  allowed,
  env,
  logins,
  memory,
}: LocalPortsOptions): Pick<Ports, 'model' | 'servers' | 'references' | 'logins'> {
  const network = nodeNetwork();
  const limits = { maxBytes: 8 * MEGABYTE, totalTimeoutMs: MINUTE };
  return {
    model: lazyModel(providers, env, network),
    servers: localServers({ allowed, env, logins, ...(memory && { memory }) }, network),
    references: lazyReferences(guardedBy(allowed, network, limits)),
    logins,
  };
}

function guardedBy(
  allow: readonly string[],
  transport: NodeNetwork,
  limits: { readonly maxBytes: number; readonly totalTimeoutMs: number },
): GuardedFetch {
  const times = { headTimeoutMs: MINUTE, idleTimeoutMs: 2 * MINUTE };
  return guardedFetch({ allow, transport, ...times, hops: { get: 3, post: 0 }, ...limits });
}

function lazyModel(providers: readonly Provider[], env: Environment, network: NodeNetwork): Model {
  const fetchFor = (provider: Provider): typeof globalThis.fetch =>
    providerFetch(provider, network[hasOwnBase(provider, env) ? 'anywhere' : 'internet']);
  const load = async (provider: string): Promise<Model> => {
    if (provider === 'demo') return (await import('../demo/demo-model.ts')).demoModel();
    const { openaiModel } = await import('../execute/model/openai-model.ts');
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

/** The tool servers that this machine reaches, with the logins of its person. */
export function localServers(
  { allowed, env, logins, memory }: Omit<LocalPortsOptions, 'providers'>,
  network: NodeNetwork = nodeNetwork(),
): ToolServers {
  const limits = { maxBytes: 32 * MEGABYTE, totalTimeoutMs: Infinity };
  const fetch = guardedBy(allowed, network, limits);
  const secrets = environmentSecrets(env);
  return {
    async connect(server, signal) {
      const { toolServers } = await import('../execute/servers/tool-servers.ts');
      const known = memory === undefined ? {} : { memory };
      const servers = toolServers({ fetch, own: ownServer, secrets, tokens: logins, ...known });
      return servers.connect(server, signal);
    },
  };
}

function lazyReferences(fetch: GuardedFetch): References {
  return {
    async read(reference, policy, signal) {
      const { references } = await import('../execute/references/references.ts');
      return references({ fetch }).read(reference, policy, signal);
    },
  };
}

/** `@/demo/mcp` is served in this process; a command line has no other paths of its own. */
async function ownServer(path: string, request: Request): Promise<Response | null> {
  if (path !== '/demo/mcp') return null;
  const { demoMcp } = await import('../demo/demo-mcp.ts');
  return demoMcp(request);
}

import { environmentSecrets } from '../execute/environment-secrets.ts';
import { demoModel } from '../demo/demo-model.ts';
import type { GuardedFetch, GuardedFetchOptions } from '../egress/guarded-fetch.ts';
import { guardedFetch } from '../egress/guarded-fetch.ts';
import { openaiModel } from '../execute/model/openai-model.ts';
import type { Clock, Model, Ports, RunLog, ToolServers } from '../execute/ports.ts';
import type { Provider } from '../execute/model/providers.ts';
import { references } from '../execute/references/references.ts';
import { systemClock } from '../execute/system-clock.ts';
import { toolServers } from '../execute/servers/tool-servers.ts';
import { Fault } from '../fault/fault.ts';
import type { ToolServer } from '../normalize/request.ts';
import { readServerAddress, serverOrigin } from '../normalize/server-url.ts';
import { readEnv, variablesOf } from './env.ts';
import type { Env } from './env.ts';
import { ownPaths } from './own-paths.ts';
import type { RunRecord } from './run-record.ts';
import type { Settings } from './settings.ts';

/** What a run's ports are made of. */
export interface RunSurroundings {
  readonly env: Env;
  readonly log: RunLog;
  readonly record: RunRecord;
  /** How long text may wait to be written, now. */
  readonly flushMs: () => number;
}

/** Bytes of one response: a reference and a tool result keep 1 MB, with room for what is cut. */
const MAX_BYTES = 4_194_304;

/** Bytes of a model's answer as a stream; every token is a few hundred. */
const MAX_MODEL_BYTES = 67_108_864;

/**
 * The engine's ports for one run on this server.
 * @throws Fault `misconfigured`
 */
export function runPorts({ env, log, record, flushMs }: RunSurroundings): Ports {
  const { settings } = readEnv(env);
  if (settings === null) throw new Fault('misconfigured');
  const outside = network(env, settings, record);
  const own = ownPaths(env, settings);
  return {
    log,
    model: modelOf(settings, outside),
    servers: serversOf({ env, record, settings, outside, own: own.request }),
    references: references({ fetch: outside.forPrompts, own: own.document, origin: record.origin }),
    clock: clockOf(flushMs),
    canAnswer: isTrusted(record),
  };
}

/** The guarded fetches of a run, by the role of who is asked. */
interface Network {
  /** Hosts that a prompt, a tool or a redirect names. */
  readonly forPrompts: GuardedFetch;
  /** A tool server that the operator configured, and in that role only. */
  forServer(url: string): GuardedFetch;
  /** The endpoint of a model provider, which only the operator can configure. */
  forModel(url: string): GuardedFetch;
}

function network(env: Env, settings: Settings, record: RunRecord): Network {
  const common = {
    ownHosts: ownHosts(settings, record),
    maxBytes: MAX_BYTES,
    headTimeoutMs: 120_000,
    idleTimeoutMs: 120_000,
    totalTimeoutMs: Infinity,
    hops: { get: 3, post: 0 },
  } as const satisfies Partial<GuardedFetchOptions>;
  const ofOperator = (url: string): GuardedFetchOptions => ({
    ...common,
    ownHosts: [],
    allow: env.OPERATOR_NETWORK === undefined ? [] : [place(url)],
    transport: transport(env.OPERATOR_NETWORK),
  });
  return {
    forPrompts: guardedFetch({
      ...common,
      allow: isTrusted(record) ? settings.egressAllow : [],
      transport: transport(env.LOCAL_NETWORK),
    }),
    forServer: (url) => guardedFetch(ofOperator(url)),
    forModel: (url) =>
      guardedFetch({
        ...ofOperator(url),
        maxBytes: MAX_MODEL_BYTES,
        faults: { limit: 'model_garbage', redirect: 'model_rejected' },
      }),
  };
}

/** The open internet, and what is local where the launcher bound a network for it. */
function transport(local: Fetcher | undefined): GuardedFetchOptions['transport'] {
  if (local === undefined) return { internet };
  return { internet, local: (url, init) => local.fetch(url, init) };
}

/** The platform's own network, taken here and nowhere else: everything goes through the guard. */
function internet(url: string, init: RequestInit): Promise<Response> {
  // oxlint-disable-next-line no-restricted-globals -- this is what the guarded fetch guards
  return fetch(url, init);
}

/** Names of this server, so that a run cannot call it over the network in a circle. */
function ownHosts(settings: Settings, record: RunRecord): string[] {
  const origins = [record.origin, settings.publicOrigin, settings.localOrigin];
  const hosts = origins.flatMap((origin) => (origin === null ? [] : [place(origin)]));
  if (settings.localOrigin === null) return hosts;
  const { port } = new URL(settings.localOrigin);
  return [...hosts, ...['localhost', '127.0.0.1', '[::1]'].map((name) => `${name}:${port}`)];
}

/** `host:port` of a URL with the port always written. */
function place(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`;
}

function modelOf(settings: Settings, outside: Network): Model {
  const demo = demoModel();
  const openai = openaiModel({
    providers: settings.providers,
    fetchFor: ({ baseUrl }: Provider) =>
      baseUrl === null ? outside.forPrompts : outside.forModel(baseUrl),
  });
  return {
    complete: (call, signal) =>
      call.provider === 'demo' ? demo.complete(call, signal) : openai.complete(call, signal),
  };
}

function serversOf(parts: {
  env: Env;
  record: RunRecord;
  settings: Settings;
  outside: Network;
  own: (path: string, request: Request) => Promise<Response | null>;
}): ToolServers {
  const secrets = secretsFor(parts.env, parts.record);
  const common = { own: parts.own, secrets };
  const named = toolServers({ ...common, fetch: parts.outside.forPrompts });
  return {
    connect: async (server, signal) => {
      if (server.from !== 'operator' || server.url.startsWith('/')) {
        return named.connect(server, signal);
      }
      const url = operatorAddress(server, parts.settings);
      const fetch = parts.outside.forServer(url);
      return toolServers({ ...common, fetch }).connect({ ...server, url }, signal);
    },
  };
}

/**
 * The whole address of a server that the operator configured; a run knows its origin only.
 * @throws Fault `server_unreachable` when the settings changed since the run was accepted
 */
function operatorAddress({ operator, url, label }: ToolServer, settings: Settings): string {
  const written = settings.operatorServers[operator ?? -1];
  const address = written === undefined ? null : readServerAddress(written, []);
  if (address !== null && serverOrigin(address.url) === url) return address.url;
  throw new Fault('server_unreachable', `${label} is no longer configured on this server.`);
}

/**
 * Whether a run may use what belongs to this server's people: its secrets, and the local addresses
 * that its operator opened. Not for callers nobody knows, nor for what somebody else suggested.
 */
function isTrusted({ principal, is_suggested }: RunRecord): boolean {
  return principal !== null && !is_suggested;
}

/** Variables named `SECRET_…`, for trusted runs and for no others. */
function secretsFor(env: Env, record: RunRecord): (name: string) => string | null {
  if (!isTrusted(record)) return () => null;
  return environmentSecrets(variablesOf(env));
}

function clockOf(flushMs: () => number): Clock {
  const clock = systemClock(0);
  return {
    now: () => clock.now(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    get flushMs() {
      return flushMs();
    },
  };
}

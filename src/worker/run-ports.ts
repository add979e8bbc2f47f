import { environmentSecrets } from '../execute/environment-secrets.ts';
import { demoModel } from '../demo/demo-model.ts';
import { openaiModel } from '../execute/model/openai-model.ts';
import type { Clock, Model, Ports, RunLog, ServerMemory, ToolServers } from '../execute/ports.ts';
import type { Provider } from '../execute/model/providers.ts';
import { references } from '../execute/references/references.ts';
import { systemClock } from '../execute/system-clock.ts';
import { toolServers } from '../execute/servers/tool-servers.ts';
import { Fault } from '../fault/fault.ts';
import type { ToolServer } from '../normalize/request.ts';
import { readServerAddress, serverOrigin } from '../normalize/server-url.ts';
import { readEnv, variablesOf } from './env.ts';
import type { Env } from './env.ts';
import { network } from './network.ts';
import type { Network } from './network.ts';
import { ownPaths } from './own-paths.ts';
import { principalClient } from './principal-client.ts';
import { RunLogins } from './run-logins.ts';
import { principalMemory } from './run-memory.ts';
import type { RunRecord } from './run-record.ts';
import { withScriptedAnswers } from './scripted-answers.ts';
import type { Settings } from './settings.ts';

/** What a run's ports are made of. */
export interface RunSurroundings {
  readonly env: Env;
  readonly log: RunLog;
  readonly record: RunRecord;
  /** How long text may wait to be written, now. */
  readonly flushMs: () => number;
}

/**
 * The engine's ports for one run on this server.
 * @throws Fault `misconfigured`
 */
export function runPorts({ env, log, record, flushMs }: RunSurroundings): Ports {
  const { settings } = readEnv(env);
  if (settings === null) throw new Fault('misconfigured');
  const { origin } = record;
  const outside = network({ env, settings, origin, isTrusted: isTrusted(record) });
  const own = ownPaths(env, settings);
  const owned = ownedBy(env, settings, record, log);
  const servers = serversOf({ env, record, settings, outside, own: own.request, owned });
  return {
    log,
    ...(owned === null ? {} : { logins: owned.tokens }),
    model: modelOf(settings, outside),
    servers: settings.acceptsElicitations ? withScriptedAnswers(servers) : servers,
    references: references({ fetch: outside.forPrompts, own: own.document, origin: record.origin }),
    clock: clockOf(flushMs),
    canAnswer: isTrusted(record),
  };
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
  owned: Owned | null;
}): ToolServers {
  const { outside, settings, owned } = parts;
  const common = { own: parts.own, secrets: secretsFor(parts.env, parts.record) };
  const ours = toolServers({ ...common, fetch: outside.forPrompts });
  const named = toolServers({ ...common, ...owned, fetch: outside.forPrompts });
  return {
    connect: async (server, signal) => {
      if (server.url.startsWith('/')) return ours.connect(server, signal);
      if (server.from !== 'operator') return named.connect(server, signal);
      const url = addressOf(server, settings);
      const fetch = outside.forServer(url);
      return toolServers({ ...common, ...owned, fetch }).connect({ ...server, url }, signal);
    },
  };
}

/**
 * The whole address of a server; of one that the operator configured a run knows its origin only.
 * @throws Fault `server_unreachable` when the settings changed since the run was accepted
 */
function addressOf({ operator, from, url, label }: ToolServer, settings: Settings): string {
  if (from !== 'operator' || url.startsWith('/')) return url;
  const written = settings.operatorServers[operator ?? -1];
  const address = written === undefined ? null : readServerAddress(written, []);
  if (address !== null && [address.url, serverOrigin(address.url)].includes(url)) {
    return address.url;
  }
  throw new Fault('server_unreachable', `${label} is no longer configured on this server.`);
}

/** What the principal of a run brings to the tool servers of all its runs. */
interface Owned {
  readonly tokens: RunLogins;
  readonly memory: ServerMemory;
}

/** Null for callers nobody knows and for documents of somebody else that were not confirmed. */
function ownedBy(env: Env, settings: Settings, record: RunRecord, log: RunLog): Owned | null {
  const { principal: name, origin, user, expires_at } = record;
  const [start] = log.read();
  if (name === null || !isTrusted(record) || start?.type !== 'run-start') return null;
  const principal = principalClient(env, { principal: name, origin });
  const tokens = new RunLogins({
    principal,
    run: { id: start.id, expires_at },
    user,
    profile: start.request.profile,
    addressOf: (server) => addressOf(server, settings),
  });
  return { tokens, memory: principalMemory(principal) };
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

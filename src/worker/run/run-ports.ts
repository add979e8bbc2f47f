import { environmentSecrets } from '../../execute/environment-secrets.ts';
import type {
  Clock,
  Model,
  Ports,
  RunLog,
  ServerMemory,
  ToolServers,
} from '../../execute/ports.ts';
import { references } from '../../execute/references/references.ts';
import { systemClock } from '../../execute/system-clock.ts';
import { Fault } from '../../fault/fault.ts';
import type { ToolServer } from '../../normalize/request.ts';
import { readOperatorServer, serverOrigin } from '../../normalize/server-url.ts';
import { readEnv, variablesOf } from '../env.ts';
import type { Env } from '../env.ts';
import { network } from '../network.ts';
import type { Network } from '../network.ts';
import { ownPaths } from '../own-paths.ts';
import { principalClient } from '../principal/principal-client.ts';
import { isOfThisServer } from '../principal/principal-name.ts';
import { RunLogins } from '../../execute/run-logins.ts';
import { principalMemory } from './run-memory.ts';
import { runModel } from './run-model.ts';
import type { RunReaders } from './run-readers.ts';
import type { RunRecord } from './run-record.ts';
import { withScriptedAnswers } from '../scripted-answers.ts';
import type { Settings } from '../settings.ts';

/** What a run's ports are made of. */
export interface RunSurroundings {
  readonly env: Env;
  readonly log: RunLog;
  readonly record: RunRecord;
  readonly readers: RunReaders;
}

/** For whom the engine works. */
export interface EngineUse {
  /** Whose logins are used; null for nobody's. */
  readonly principal: string | null;
  /** Whether what belongs to this server's people may be used: its secrets, its open addresses. */
  readonly isTrusted: boolean;
  /** Whether its owner can be asked in the middle of a run. */
  readonly canAnswer: boolean;
  /** Whose key pays for models; null for nobody we know. */
  readonly payer: string | null;
  /** Origin under which the caller sees us. */
  readonly origin: string;
  /** Whose label inside the principal, '' for none. */
  readonly user: string;
  readonly profile: string;
  /** The run that waits for a login; null for one inside of a request. */
  readonly run: { readonly id: string; readonly expires_at: number | null } | null;
}

/** What the engine's ports are made of. */
export interface EngineSurroundings {
  readonly env: Env;
  readonly use: EngineUse;
  /** Secrets that came with the request; they win. */
  readonly secrets?: (name: string) => string | null;
  /** Who is asked instead of the server's own models. */
  readonly model?: (outside: Network) => Model;
  readonly clock: Clock;
}

/**
 * The engine's ports for one run on this server.
 * @throws Fault `misconfigured`
 */
export function runPorts({ env, log, record, readers }: RunSurroundings): Ports {
  const { principal, origin, user, expires_at } = record;
  const [start] = log.read();
  const run = start?.type === 'run-start' ? { id: start.id, expires_at } : null;
  const profile = start?.type === 'run-start' ? start.request.profile : 'default';
  const isOwn = isOfOwner(record);
  const whose = isOwn && run !== null ? principal : null;
  const isTrusted = isOwn && isOfThisServer(principal);
  const who = { principal: whose, payer: principal, isTrusted, canAnswer: isOwn };
  const use = { ...who, origin, user, profile, run };
  return { log, ...enginePorts({ env, use, clock: clockFor(readers) }) };
}

/**
 * The engine's ports but the log.
 * @throws Fault `misconfigured`
 */
export function enginePorts(surroundings: EngineSurroundings): Omit<Ports, 'log'> {
  const { env, use, model, clock } = surroundings;
  const { settings } = readEnv(env);
  if (settings === null) throw new Fault('misconfigured');
  const outside = network({ env, settings, origin: use.origin, isTrusted: use.isTrusted });
  const own = ownPaths(env, settings);
  const owned = ownedBy(env, settings, use);
  const secrets = secretsFor(surroundings);
  const servers = serversOf({ secrets, settings, outside, own: own.request, owned });
  return {
    ...(owned === null ? {} : { logins: owned.tokens }),
    model: model?.(outside) ?? runModel({ env, settings, outside, payer: use.payer }),
    servers: settings.acceptsElicitations ? withScriptedAnswers(servers) : servers,
    references: references({ fetch: outside.forPrompts, own: own.document, origin: use.origin }),
    clock,
    canAnswer: use.canAnswer,
  };
}

function serversOf(parts: {
  secrets: (name: string, host: string) => string | null;
  settings: Settings;
  outside: Network;
  own: (path: string, request: Request) => Promise<Response | null>;
  owned: Owned | null;
}): ToolServers {
  const { outside, settings, owned, own, secrets } = parts;
  return {
    connect: async (server, signal) => {
      // Loaded by the first run that has tools: a start does not pay for the MCP client.
      const { toolServers } = await import('../../execute/servers/tool-servers.ts');
      const ours = { own, secrets, fetch: outside.forPrompts };
      if (server.url.startsWith('/')) return toolServers(ours).connect(server, signal);
      if (server.from !== 'operator') {
        return toolServers({ ...ours, ...owned }).connect(server, signal);
      }
      const url = addressOf(server, settings);
      const options = { ...ours, ...owned, fetch: outside.forServer(url) };
      return toolServers(options).connect({ ...server, url }, signal);
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
  const address = written === undefined ? null : readOperatorServer(written, []);
  if (address !== null && [address.url, serverOrigin(address.url)].includes(url)) {
    return address.url;
  }
  throw new Fault('server_unreachable', `${label} is no longer configured on this server.`);
}

/** What a principal brings to the tool servers of all its runs. */
interface Owned {
  readonly tokens: RunLogins;
  readonly memory: ServerMemory;
}

/** Null for callers nobody knows and for documents of somebody else that were not confirmed. */
function ownedBy(env: Env, settings: Settings, use: EngineUse): Owned | null {
  const { principal: name, origin, run, user, profile } = use;
  if (name === null) return null;
  const principal = principalClient(env, { principal: name, origin });
  const tokens = new RunLogins({
    principal,
    run,
    user,
    profile,
    addressOf: (server) => addressOf(server, settings),
  });
  return { tokens, memory: principalMemory(principal) };
}

/**
 * Whether a run may use what belongs to its owner. Not for callers nobody knows, nor for what
 * somebody else suggested.
 */
function isOfOwner({ principal, is_suggested }: RunRecord): boolean {
  return principal !== null && !is_suggested;
}

/** What came with the request, and variables named `SECRET_…` for trusted runs. */
function secretsFor({
  env,
  use,
  secrets = () => null,
}: EngineSurroundings): (name: string, host: string) => string | null {
  if (!use.isTrusted) return secrets;
  const own = environmentSecrets(variablesOf(env));
  return (name, host) => secrets(name) ?? own(name, host);
}

function clockFor(readers: RunReaders): Clock {
  const clock = systemClock(0);
  return {
    now: () => clock.now(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    get flushMs() {
      return readers.flushMs;
    },
    audience: readers,
  };
}

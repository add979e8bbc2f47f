import { environmentSecrets } from '../execute/environment-secrets.ts';
import { demoModel } from '../demo/demo-model.ts';
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
import { network } from './network.ts';
import type { Network } from './network.ts';
import { ownPaths } from './own-paths.ts';
import { principalClient } from './principal-client.ts';
import { RunLogins } from './run-logins.ts';
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
  const logins = loginsOf(env, settings, record, log);
  const servers = serversOf({ env, record, settings, outside, own: own.request, logins });
  return {
    log,
    ...(logins === undefined ? {} : { logins }),
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
  logins: RunLogins | undefined;
}): ToolServers {
  const secrets = secretsFor(parts.env, parts.record);
  const tokens = parts.logins === undefined ? {} : { tokens: parts.logins };
  const common = { own: parts.own, secrets, ...tokens };
  const named = toolServers({ ...common, fetch: parts.outside.forPrompts });
  return {
    connect: async (server, signal) => {
      if (server.from !== 'operator' || server.url.startsWith('/')) {
        return named.connect(server, signal);
      }
      const url = addressOf(server, parts.settings);
      const fetch = parts.outside.forServer(url);
      return toolServers({ ...common, fetch }).connect({ ...server, url }, signal);
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

/** The logins of the run's principal; none for callers nobody knows and unconfirmed documents. */
function loginsOf(
  env: Env,
  settings: Settings,
  record: RunRecord,
  log: RunLog,
): RunLogins | undefined {
  const { principal, origin, user, expires_at } = record;
  const [start] = log.read();
  if (principal === null || !isTrusted(record) || start?.type !== 'run-start') return undefined;
  return new RunLogins({
    principal: principalClient(env, { principal, origin }),
    run: { id: start.id, expires_at },
    user,
    profile: start.request.profile,
    addressOf: (server) => addressOf(server, settings),
  });
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

import { executeRun } from '../execute/execute-run.ts';
import { MemoryLog } from '../execute/memory-log.ts';
import type { Logins, Ports } from '../execute/ports.ts';
import type { ChatRequest } from '../completions/chat-request.ts';
import type { RunEnd, RunEvent } from '../run/event.ts';
import { openActions } from '../run/actions.ts';
import { parkedUntil } from '../run/next-commands.ts';
import { foldRun, isTerminal } from '../run/run.ts';

/** How often a held request looks whether somebody has logged in, in milliseconds. */
const LOOK_EVERY_MS = 1000;

/** What a run inside of a request needs: the engine's ports but the log, which is made here. */
export interface ChatRunOptions {
  readonly ports: Omit<Ports, 'log'>;
  /** Told of every event, in order. */
  readonly onEvent: (event: RunEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs a chat completion from its first event to its end, inside of one request. A run that waits
 * for a login waits here, until somebody logged in or its time is over.
 * @returns how it ended; null when the signal aborted
 */
export async function runChat(
  { request, problems }: ChatRequest,
  { ports, onEvent, signal }: ChatRunOptions,
): Promise<RunEnd | null> {
  const log = new MemoryLog(
    () => ports.clock.now(),
    (events) => {
      for (const event of events) onEvent(event);
    },
  );
  const start = { type: 'run-start', version: 1, id: '', prompt: '', expires_at: null } as const;
  log.append([{ ...start, request, problems }]);
  const before = new Map<string, string | null>();
  const { logins } = ports;
  const heard =
    logins === undefined ? ports : { ...ports, logins: hearing(logins, before, signal) };
  for (;;) {
    await executeRun({ ...heard, log }, signal);
    const run = foldRun(log.read());
    if (isTerminal(run.status) || signal.aborted) break;
    await loggedIn(log, ports, before, signal);
  }
  const last = log.read().at(-1);
  return last?.type === 'run-end' ? last : null;
}

/**
 * Returns when a login that the run waits for was made, or the time of the first one is over. A
 * login that is widened shows as another token than the one before.
 */
async function loggedIn(
  log: MemoryLog,
  { clock, logins }: Omit<Ports, 'log'>,
  before: ReadonlyMap<string, string | null>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const run = foldRun(log.read());
    if (signal.aborted || parkedUntil(run, clock.now()) === null) return;
    let isMade = false;
    for (const { required } of openActions(run)) {
      const { action, action_id } = required;
      const server = run.request.servers.find(({ label }) => label === action.server);
      if (server === undefined || logins === undefined) continue;
      const token = await logins.token(server, signal);
      if (token === null || token === before.get(action_id)) continue;
      log.append([{ type: 'action-resolved', action_id, outcome: 'done' }]);
      isMade = true;
    }
    if (!isMade) await clock.sleep(LOOK_EVERY_MS, signal).catch(() => {});
  }
}

/**
 * The same logins; keeps the token that was there when a login was asked for. Somebody may log in
 * while other parts of the run still go on: the token at the first look can be the new one.
 */
function hearing(logins: Logins, before: Map<string, string | null>, signal: AbortSignal): Logins {
  return {
    token: (server, ends) => logins.token(server, ends),
    refused: (server, refusal, ends) => logins.refused(server, refusal, ends),
    ask: async (server) => {
      const token = await logins.token(server, signal);
      const asked = await logins.ask(server);
      if (asked !== null) before.set(asked.action_id, token);
      return asked;
    },
  };
}

import { executeRun } from '../execute/execute-run.ts';
import { MemoryLog } from '../execute/memory-log.ts';
import type { Logins, Ports } from '../execute/ports.ts';
import type { ChatRequest } from '../completions/chat-request.ts';
import type { EventBody, RunEnd, RunEvent, RunStart } from '../run/event.ts';
import { openActions } from '../run/actions.ts';
import { parkedUntil } from '../run/next-commands.ts';
import { foldRun } from '../run/fold-run.ts';
import { isTerminal } from '../run/run.ts';

/** How often a held request looks whether somebody has logged in, in milliseconds. */
const LOOK_EVERY_MS = 1000;

/** What a run that is shown says of itself in its first event. */
export type PublishedAs = Pick<RunStart, 'id' | 'prompt' | 'expires_at'>;

const UNPUBLISHED: PublishedAs = { id: '', prompt: '', expires_at: null };

/** What a run inside of a request needs: the engine's ports but the log, which is made here. */
export interface ChatRunOptions {
  readonly ports: Omit<Ports, 'log'>;
  /** What happened before: the events of an answer that the run goes on from. */
  readonly before: readonly EventBody[];
  /** Told of the start and of what happened before, in order. */
  readonly onBefore: (event: RunEvent) => void;
  /** Told of every event that is new, in order. */
  readonly onEvent: (event: RunEvent) => void;
  /** Who the run is where it is shown; left out for one that nobody sees. */
  readonly published?: PublishedAs;
  readonly signal: AbortSignal;
}

/**
 * Runs a chat completion from its first event to its end, inside of one request. A run that waits
 * for a login waits here, until somebody logged in or its time is over.
 * @returns how it ended; null when the signal aborted
 */
export async function runChat(
  { request, problems }: ChatRequest,
  { ports, before, onBefore, onEvent, signal, published = UNPUBLISHED }: ChatRunOptions,
): Promise<RunEnd | null> {
  const log = new MemoryLog(() => ports.clock.now());
  const start = { type: 'run-start', version: 1, ...published, request, problems } as const;
  for (const event of log.append([start, ...before])) onBefore(event);
  log.subscribe((events) => {
    for (const event of events) onEvent(event);
  });
  const tokens = new Map<string, string | null>();
  const { logins } = ports;
  const heard =
    logins === undefined ? ports : { ...ports, logins: hearing(logins, tokens, signal) };
  for (;;) {
    await executeRun({ ...heard, log }, signal);
    const run = foldRun(log.read());
    if (isTerminal(run.status) || signal.aborted) break;
    await loggedIn(log, ports, tokens, signal);
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
  tokens: ReadonlyMap<string, string | null>,
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
      if (token === null || token === tokens.get(action_id)) continue;
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
function hearing(logins: Logins, tokens: Map<string, string | null>, signal: AbortSignal): Logins {
  return {
    token: (server, ends) => logins.token(server, ends),
    refused: (server, refusal, ends) => logins.refused(server, refusal, ends),
    ask: async (server) => {
      const token = await logins.token(server, signal);
      const asked = await logins.ask(server);
      if (asked !== null) tokens.set(asked.action_id, token);
      return asked;
    },
  };
}

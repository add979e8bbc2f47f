import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';

import { executeRun } from '../execute/execute-run.ts';
import { MemoryLog } from '../execute/memory-log.ts';
import { systemClock } from '../execute/system-clock.ts';
import type { Ports, RunLog } from '../execute/ports.ts';
import { FAULTS } from '../fault/fault.ts';
import { normalizePrompt } from '../normalize/normalize-prompt.ts';
import type { Normalized } from '../normalize/request.ts';
import { parsePrompt } from '../parse/parse-prompt.ts';
import { renderJson } from '../publish/render-json.ts';
import { outputOf } from '../run/output.ts';
import { parkedUntil } from '../run/next-commands.ts';
import type { RunStart } from '../run/event.ts';
import { foldRun } from '../run/fold-run.ts';
import { isTerminal, type Run } from '../run/run.ts';
import { viewFor } from '../run/view.ts';
import { ActionDesk } from './action-desk.ts';
import { AnswerWriter } from './answer-writer.ts';
import { pricedProviders } from '../execute/model/prices.ts';
import type { Provider } from '../execute/model/providers.ts';
import { allowList, localProviders } from './environment.ts';
import { exitCodeOf } from './exit-code.ts';
import { localAnswers } from './local-answers.ts';
import { LocalLogins } from './local-logins.ts';
import { localPorts } from './local-ports.ts';
import { LocalVault } from './local-vault.ts';
import { printProblems, refusalJson } from './print-problems.ts';
import { Progress } from './progress.ts';
import type { RunOrder } from './run-order.ts';

/**
 * Runs the prompt in this process, with the engine that the server runs too.
 * @throws UsageError when a variable of the environment or `--allow` is malformed
 */
export async function runHere(order: RunOrder, allow: readonly string[]): Promise<number> {
  const { source, terminal } = order;
  const providers = localProviders(process.env);
  const allowed = allowList(process.env, allow);
  const { request, problems } = normalizePrompt(
    parsePrompt(source.text, { path: source.name }),
    { ...(await pricedProviders(providers)), path: source.name },
    { input: order.input, overrides: order.overrides },
  );
  printProblems(problems, source, terminal);
  if (request === null) {
    if (order.json) terminal.outLine(refusalJson(problems));
    return FAULTS.invalid_prompt.exit;
  }
  if (request.callback !== undefined) {
    terminal.err('callback: only a server calls back; a run of this process tells nobody.');
  }
  const answer = order.json || order.output !== undefined ? null : new AnswerWriter(terminal);
  const start = runStart(source.text, request, problems);
  const run = await carryOut(start, { order, providers, allowed, answer });
  return finished(run, order, answer);
}

interface Surroundings {
  readonly order: RunOrder;
  readonly providers: readonly Provider[];
  readonly allowed: readonly string[];
  readonly answer: AnswerWriter | null;
}

/** Runs to the end, whatever person it has to wait for. */
async function carryOut(
  start: RunStart,
  { order, providers, allowed, answer }: Surroundings,
): Promise<Run> {
  const { terminal, person, approver, signal } = order;
  const env = process.env;
  const { profile, on_auth, servers } = start.request;
  const vault = new LocalVault(env, allowed);
  // Said before anything is done: a run that finds out in its middle could only fail.
  if (servers.some(({ url }) => !url.startsWith('/'))) await vault.exists();
  const mayWait = on_auth === 'wait';
  const logins = new LocalLogins({ vault, person, profile, mayWait, signal });
  const progress = new Progress(terminal);
  const log = new MemoryLog(Date.now, (events) => {
    for (const event of events) {
      answer?.take(event);
      progress.take(event);
      desk.take(event);
    }
  });
  const desk = new ActionDesk(localAnswers(log, logins, order));
  log.append([start]);
  // Written first: whatever the aborted work still reports comes after the end and is not kept.
  const cancel = (): void => {
    log.append([{ type: 'run-end', status: 'cancelled', stop_reason: 'cancelled' }]);
  };
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  const ports = localPorts({ providers, allowed, env, logins, memory: vault.memory });
  const can = { canAnswer: person.answers, canApprove: approver.answers };
  try {
    await untilEnd({ ...ports, log, clock: systemClock(0), ...can }, signal);
  } finally {
    await logins.close();
  }
  return foldRun(log.read());
}

/** The engine stops where only a person can go on; what they do is an event of the log. */
async function untilEnd(ports: Ports, signal: AbortSignal): Promise<void> {
  for (;;) {
    await executeRun(ports, signal);
    const run = foldRun(ports.log.read());
    if (signal.aborted || isTerminal(run.status)) return;
    const until = parkedUntil(run, Date.now());
    if (until !== null) await somethingHappened(ports.log, until);
  }
}

function somethingHappened(log: RunLog, until: number): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const stop = log.subscribe(settle);
    // A longer time would not fit into a timer; the log is looked at again then.
    const timer = setTimeout(settle, Math.min(until - Date.now(), 2 ** 31 - 1));
  });
}

function runStart(
  prompt: string,
  request: NonNullable<Normalized['request']>,
  problems: Normalized['problems'],
): RunStart {
  const id = randomUUID();
  return { type: 'run-start', version: 1, id, prompt, request, problems, expires_at: null };
}

async function finished(run: Run, order: RunOrder, answer: AnswerWriter | null): Promise<number> {
  const { terminal, output } = order;
  // The reader took what it wanted and went away: that is no failure.
  if (terminal.closed.aborted) return 0;
  await answer?.end(() => outputOf(run));
  if (output !== undefined) await writeAnswer(output, run, order);
  if (order.json) {
    // A run of this process has no address.
    terminal.outLine(JSON.stringify(renderJson(viewFor('owner', run), null), null, 2));
  }
  return exitCodeOf(run);
}

async function writeAnswer(path: string, run: Run, { terminal }: RunOrder): Promise<void> {
  if (run.status === 'completed')
    await writeFile(path, `${outputOf(run).replace(/(?<!\n)\n+$/, '')}\n`);
  else terminal.err(`${path} was not written: the run did not complete.`);
}

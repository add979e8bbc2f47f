import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';

import { executeRun } from '../execute/execute-run.ts';
import { MemoryLog } from '../execute/memory-log.ts';
import { systemClock } from '../execute/system-clock.ts';
import { FAULTS } from '../fault/fault.ts';
import { normalizePrompt } from '../normalize/normalize-prompt.ts';
import type { Normalized } from '../normalize/request.ts';
import { parsePrompt } from '../parse/parse-prompt.ts';
import { renderJson } from '../publish/render-json.ts';
import { outputOf } from '../run/output.ts';
import { foldRun, type Run } from '../run/run.ts';
import { viewFor } from '../run/view.ts';
import { AnswerWriter } from './answer-writer.ts';
import { providerChoices } from '../execute/model/providers.ts';
import { allowList, localProviders } from './environment.ts';
import { exitCodeOf } from './exit-code.ts';
import { localPorts } from './local-ports.ts';
import { printProblems, refusalJson } from './print-problems.ts';
import { Progress } from './progress.ts';
import type { RunOrder } from './run-order.ts';

/**
 * Runs the prompt in this process, with the engine that the server runs too.
 * @throws UsageError when a variable of the environment or `--allow` is malformed
 */
export async function runHere(order: RunOrder, allow: readonly string[]): Promise<number> {
  const { source, terminal, signal } = order;
  const env = process.env;
  const providers = localProviders(env);
  const allowed = allowList(env, allow);
  const { request, problems } = normalizePrompt(
    parsePrompt(source.text, { path: source.name }),
    { providers: providerChoices(providers), path: source.name },
    { input: order.input, overrides: order.overrides },
  );
  printProblems(problems, source, terminal);
  if (request === null) {
    if (order.json) terminal.outLine(refusalJson(problems));
    return FAULTS.invalid_prompt.exit;
  }
  const answer = order.json || order.output !== undefined ? null : new AnswerWriter(terminal);
  const progress = new Progress(terminal);
  const log = new MemoryLog(Date.now, (events) => {
    for (const event of events) {
      answer?.take(event);
      progress.take(event);
    }
  });
  log.append([runStart(source.text, request, problems)]);
  // Written first: whatever the aborted work still reports comes after the end and is not kept.
  const cancel = (): void => {
    log.append([{ type: 'run-end', status: 'cancelled', stop_reason: 'cancelled' }]);
  };
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  const ports = localPorts({ providers, allowed, env });
  await executeRun({ ...ports, log, clock: systemClock(0) }, signal);
  return finished(foldRun(log.read()), order, answer);
}

function runStart(
  prompt: string,
  request: NonNullable<Normalized['request']>,
  problems: Normalized['problems'],
): Parameters<MemoryLog['append']>[0][number] {
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

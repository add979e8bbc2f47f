import { writeFile } from 'node:fs/promises';

import { FAULTS } from '../fault/fault.ts';
import type { RunEnd, RunEvent } from '../run/event.ts';
import { ActionDesk } from './action-desk.ts';
import { AnswerWriter } from './answer-writer.ts';
import { exitCodeOf } from './exit-code.ts';
import { printProblems, refusalJson } from './print-problems.ts';
import { Progress } from './progress.ts';
import { remoteAnswers } from './remote-answers.ts';
import { PromptRefused, RemoteServer, type AcceptedRun } from './remote-server.ts';
import type { RunOrder } from './run-order.ts';

/** Where a remote run goes. */
export interface Remote {
  readonly url: string;
  readonly key: string | undefined;
  /** Follow the run even when nobody watches. */
  readonly wait: boolean;
}

/** Posts the prompt, prints the URLs, and follows the run where somebody waits for the answer. */
export async function runRemote(order: RunOrder, remote: Remote): Promise<number> {
  const { terminal, source } = order;
  const server = new RemoteServer(remote.url, remote.key);
  const follows = remote.wait || order.output !== undefined || terminal.readsOut;
  let run: AcceptedRun;
  try {
    run = await server.post(
      { ...order.overrides, prompt: source.text, input: order.input },
      order.signal,
    );
  } catch (error) {
    if (order.signal.aborted) return FAULTS.cancelled.exit;
    if (!(error instanceof PromptRefused)) throw error;
    printProblems(error.problems, source, terminal);
    if (order.json) terminal.outLine(refusalJson(error.problems));
    return FAULTS.invalid_prompt.exit;
  }
  printProblems(run.problems, source, terminal);
  if (!follows) {
    terminal.outLine(order.json ? JSON.stringify(run.body, null, 2) : run.shown.join('\n'));
    return 0;
  }
  return new Following(order, server, run).end();
}

/** Whether the run waits for a login or for a yes and nobody is here who could give it. */
function isForNobody(event: RunEvent, { person, approver }: RunOrder): boolean {
  if (event.type !== 'action-required') return false;
  if (event.action.kind === 'approval') return !approver.answers;
  return event.action.kind === 'authorization' && !person.waits;
}

/** What is known of the end when it was asked for from here. */
const CANCELLED: RunEvent = {
  seq: 0,
  at: 0,
  type: 'run-end',
  status: 'cancelled',
  stop_reason: 'cancelled',
};

/** A run on a server that this process watches to its end. */
class Following {
  readonly #order: RunOrder;
  readonly #server: RemoteServer;
  readonly #run: AcceptedRun;
  /** Reading what the run became must outlast the Ctrl-C that ended it. */
  readonly #always = new AbortController().signal;

  constructor(order: RunOrder, server: RemoteServer, run: AcceptedRun) {
    this.#order = order;
    this.#server = server;
    this.#run = run;
  }

  async end(): Promise<number> {
    const { terminal, json, output } = this.#order;
    if (terminal.readsErr) this.#showUrls();
    const answer = json || output !== undefined ? null : new AnswerWriter(terminal);
    const end = await this.#follow(answer);
    if (terminal.closed.aborted) return 0;
    if (end === 'cancelled') return FAULTS.cancelled.exit;
    if (end === 'waiting') return FAULTS.login_required.exit;
    // How it ended is said on standard error.
    const form = end.status === 'completed' ? '.txt' : '?key=output';
    const text = (): Promise<string> => this.#server.read(this.#run, form, this.#always);
    await answer?.end(text);
    if (output !== undefined) await this.#write(output, end, text);
    if (json) terminal.outLine(await this.#server.read(this.#run, '.json', this.#always));
    return exitCodeOf(end);
  }

  #showUrls(): void {
    const { terminal } = this.#order;
    for (const url of this.#run.shown) terminal.err(terminal.paintErr('dim', url));
    terminal.err(terminal.paintErr('dim', `owner token ${this.#run.owner_token}`));
  }

  /** The end of the run; or that it was cancelled from here, or waits while nobody is here. */
  async #follow(answer: AnswerWriter | null): Promise<RunEnd | 'cancelled' | 'waiting'> {
    const { terminal, signal } = this.#order;
    const progress = new Progress(terminal);
    const desk = new ActionDesk(remoteAnswers(this.#server, this.#run, this.#order));
    try {
      for await (const event of this.#server.events(this.#run, signal)) {
        answer?.take(event);
        progress.take(event);
        desk.take(event);
        if (event.type === 'run-end') return event;
        if (isForNobody(event, this.#order)) return this.#left(event);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      desk.close();
    }
    // A run that has ended by itself in the meantime cannot be cancelled, and need not be.
    await this.#server.cancel(this.#run).catch(() => undefined);
    terminal.endLine();
    progress.take(CANCELLED);
    return 'cancelled';
  }

  /** The run is on the server and goes on there when somebody has come, whoever reads it then. */
  #left(event: RunEvent): 'waiting' {
    const [page = this.#run.url] = this.#run.shown;
    const isCall = event.type === 'action-required' && event.action.kind === 'approval';
    const what = isCall
      ? 'The run goes on when you have said, on its page, whether the call may be made (or use --approve):'
      : 'The run goes on by itself after the login. Its page:';
    // The page alone has no buttons for a browser that has not proved whose it is.
    this.#order.person.say('waiting', what, isCall ? `${page}/own` : page);
    return 'waiting';
  }

  async #write(path: string, end: RunEnd, text: () => Promise<string>): Promise<void> {
    if (end.status === 'completed') await writeFile(path, await text());
    else this.#order.terminal.err(`${path} was not written: the run has no answer.`);
  }
}

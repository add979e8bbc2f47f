import { reasonOf } from '../egress/deadline.ts';
import { asFault } from '../fault/fault.ts';
import type { EventBody } from '../run/event.ts';
import type { RunEvent } from '../run/event.ts';
import type { Command } from '../run/command.ts';
import { nextCommands, onlyWaitsUntil } from '../run/next-commands.ts';
import { failedEnd } from '../run/run-end.ts';
import { applyEvent, foldRun } from '../run/fold-run.ts';
import { isTerminal, type Run } from '../run/run.ts';
import { askApproval } from './ask-approval.ts';
import { callModel } from './call-model.ts';
import { callTool } from './call-tool.ts';
import { connectServer } from './connect-server.ts';
import { Connections } from './connections.ts';
import { LoginAsks } from './login-asks.ts';
import { NOT_WANTED } from './not-wanted.ts';
import type { Ports } from './ports.ts';
import type { Work } from './work.ts';

/**
 * Carries a run on from whatever its log holds, until it has ended or only waits for a person:
 * starts the commands whose key is new, aborts those whose key is gone, and writes what they find
 * out to the log. May be called again on the same log after a crash, when what a run waited for has
 * come, or at the time that `parkedUntil` gives.
 *
 * @param signal stops the work without ending the run; what was under way is taken up by the next call
 * @param rest from then on nothing new is begun, and what is under way may come to its end: a call of a
 *   tool that is broken off must not be made again
 * @returns when the log has a `run-end`, nothing can be done before somebody logs in, the signal
 *   aborted, or nothing is under way any more after `rest`
 */
export async function executeRun(
  ports: Ports,
  signal: AbortSignal,
  rest?: AbortSignal,
): Promise<void> {
  const work = new RunningWork(ports);
  const active = new ActiveCommands(work);
  const wake = (): void => work.wake();
  rest?.addEventListener('abort', wake);
  signal.addEventListener('abort', wake);
  try {
    while (!signal.aborted && !isTerminal(work.run().status)) {
      const wanted = nextCommands(work.run());
      // No loop is kept for a person who may come tomorrow.
      if (onlyWaitsUntil(wanted, ports.clock.now()) !== null) return;
      if (rest?.aborted === true) active.finish(wanted);
      else active.become(wanted);
      if (rest?.aborted === true && !active.isBusy) return;
      await work.changed();
    }
  } finally {
    rest?.removeEventListener('abort', wake);
    signal.removeEventListener('abort', wake);
    await active.stop();
    work.close();
    await work.connections.close();
  }
}

interface Running {
  readonly controller: AbortController;
  readonly type: Command['type'];
}

/** The commands under way in this process. */
class ActiveCommands {
  readonly #work: RunningWork;
  readonly #running = new Map<string, Running>();
  readonly #settling = new Set<Promise<void>>();

  constructor(work: RunningWork) {
    this.#work = work;
  }

  /** Whether something is under way that is more than waiting for a time. */
  get isBusy(): boolean {
    return [...this.#running.values()].some(({ type }) => type !== 'wait');
  }

  /** Starts nothing but the end of the run, and aborts what is no longer wanted. */
  finish(wanted: readonly Command[]): void {
    this.become(wanted.filter(({ type, key }) => type === 'end' || this.#running.has(key)));
  }

  /** Starts what is new and aborts what is no longer wanted. */
  become(wanted: readonly Command[]): void {
    const keys = new Set(wanted.map(({ key }) => key));
    for (const [key, { controller }] of this.#running) {
      if (keys.has(key)) continue;
      this.#running.delete(key);
      controller.abort(NOT_WANTED);
    }
    for (const command of wanted) if (!this.#running.has(command.key)) this.#start(command);
  }

  /** Aborts everything and waits until it has let go. */
  async stop(): Promise<void> {
    this.become([]);
    await Promise.all(this.#settling);
  }

  #start(command: Command): void {
    const controller = new AbortController();
    this.#running.set(command.key, { controller, type: command.type });
    const settling = perform(command, this.#work, controller.signal).finally(() => {
      const isSame = this.#running.get(command.key)?.controller === controller;
      if (isSame) this.#running.delete(command.key);
      this.#settling.delete(settling);
      this.#work.wake();
    });
    this.#settling.add(settling);
  }
}

class RunningWork implements Work {
  readonly ports: Ports;
  readonly connections: Connections;
  readonly logins: LoginAsks;
  /** Ends the subscription to what others append. */
  readonly close: () => void;
  #run: Run;
  #wake: () => void = () => {};
  #pending = false;
  readonly #watching = new Set<() => void>();

  constructor(ports: Ports) {
    this.ports = ports;
    this.connections = new Connections(ports.servers);
    this.logins = new LoginAsks(ports.logins);
    this.#run = foldRun(ports.log.read());
    this.close = ports.log.subscribe((events) => this.#take(events));
  }

  run(): Run {
    return this.#run;
  }

  emit(...bodies: EventBody[]): void {
    // After the end, work that was aborted may still report; the run is what it was.
    if (isTerminal(this.#run.status)) return;
    this.#take(this.ports.log.append(bodies));
  }

  async until<Value>(read: (run: Run) => Value | undefined, signal: AbortSignal): Promise<Value> {
    return await new Promise<Value>((resolve, reject) => {
      const stop = (): void => {
        this.#watching.delete(look);
        signal.removeEventListener('abort', abort);
      };
      const abort = (): void => {
        stop();
        reject(reasonOf(signal));
      };
      const look = (): void => {
        const value = read(this.#run);
        if (value === undefined) return;
        stop();
        resolve(value);
      };
      if (signal.aborted) return reject(reasonOf(signal));
      signal.addEventListener('abort', abort, { once: true });
      this.#watching.add(look);
      look();
    });
  }

  wake(): void {
    this.#pending = true;
    this.#wake();
  }

  /** The log tells of what was appended here too, so each event is taken once. */
  #take(events: readonly RunEvent[]): void {
    for (const event of events) {
      if (event.seq > this.#run.seq) this.#run = applyEvent(this.#run, event);
    }
    for (const look of this.#watching) look();
    this.wake();
  }

  /** Resolves once something was emitted, a command settled, or somebody woke it. */
  async changed(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#pending) return resolve();
      this.#wake = resolve;
    });
    this.#pending = false;
  }
}

/** Never rejects: a performer reports what failed as an event, and what it did not foresee ends the run. */
async function perform(command: Command, work: Work, signal: AbortSignal): Promise<void> {
  try {
    await performUnguarded(command, work, signal);
  } catch (error) {
    if (signal.aborted) return;
    work.emit(failedEnd(asFault(error).toJSON()));
  }
}

async function performUnguarded(command: Command, work: Work, signal: AbortSignal): Promise<void> {
  switch (command.type) {
    case 'resolve-reference': {
      const end = await work.ports.references.read(command.reference, command.policy, signal);
      return work.emit({ type: 'reference-end', ...end });
    }
    case 'connect-server':
      return connectServer(command, work, signal);
    case 'call-model':
      return callModel(command, work, signal);
    case 'call-tool':
      return callTool(command, work, signal);
    case 'ask-approval':
      return askApproval(command, work, signal);
    case 'wait':
      await work.ports.clock.sleep(Math.max(0, command.until - work.ports.clock.now()), signal);
      return work.emit(command.event);
    case 'end':
      return work.emit(command.end);
  }
}

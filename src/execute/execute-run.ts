import { asFault } from '../fault/fault.ts';
import type { EventBody } from '../run/event.ts';
import { failedEnd, nextCommands, type Command } from '../run/next-commands.ts';
import { applyEvent, foldRun, isTerminal, type Run } from '../run/run.ts';
import { callModel } from './call-model.ts';
import { callTool } from './call-tool.ts';
import { connectServer } from './connect-server.ts';
import { Connections } from './connections.ts';
import { NOT_WANTED } from './not-wanted.ts';
import type { Ports } from './ports.ts';
import type { Work } from './work.ts';

/**
 * Carries a run on from whatever its log holds, until it has ended: starts the commands whose key
 * is new, aborts those whose key is gone, and writes what they find out to the log. May be called
 * again on the same log after a crash.
 *
 * @param signal stops the work without ending the run; what was under way is taken up by the next call
 * @returns when the log has a `run-end`, or the signal aborted
 */
export async function executeRun(ports: Ports, signal: AbortSignal): Promise<void> {
  const work = new RunningWork(ports);
  const active = new ActiveCommands(work);
  try {
    while (!signal.aborted && !isTerminal(work.run().status)) {
      active.become(nextCommands(work.run()));
      await work.changed(signal);
    }
  } finally {
    await active.stop();
    await work.connections.close();
  }
}

/** The commands under way in this process. */
class ActiveCommands {
  readonly #work: RunningWork;
  readonly #running = new Map<string, AbortController>();
  readonly #settling = new Set<Promise<void>>();

  constructor(work: RunningWork) {
    this.#work = work;
  }

  /** Starts what is new and aborts what is no longer wanted. */
  become(wanted: readonly Command[]): void {
    const keys = new Set(wanted.map(({ key }) => key));
    for (const [key, controller] of this.#running) {
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
    this.#running.set(command.key, controller);
    const settling = perform(command, this.#work, controller.signal).finally(() => {
      if (this.#running.get(command.key) === controller) this.#running.delete(command.key);
      this.#settling.delete(settling);
      this.#work.wake();
    });
    this.#settling.add(settling);
  }
}

class RunningWork implements Work {
  readonly ports: Ports;
  readonly connections: Connections;
  #run: Run;
  #wake: () => void = () => {};
  #pending = false;

  constructor(ports: Ports) {
    this.ports = ports;
    this.connections = new Connections(ports.servers);
    this.#run = foldRun(ports.log.read());
  }

  run(): Run {
    return this.#run;
  }

  emit(...bodies: EventBody[]): void {
    // After the end, work that was aborted may still report; the run is what it was.
    if (isTerminal(this.#run.status)) return;
    for (const event of this.ports.log.append(bodies)) this.#run = applyEvent(this.#run, event);
    this.wake();
  }

  wake(): void {
    this.#pending = true;
    this.#wake();
  }

  /** Resolves once something was emitted, a command settled, or the signal aborted. */
  async changed(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#pending || signal.aborted) return resolve();
      this.#wake = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
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
    case 'wait': {
      await work.ports.clock.sleep(Math.max(0, command.until - work.ports.clock.now()), signal);
      const { timeout } = work.run().request.limits;
      const message = `The run took all the ${timeout} seconds it may take.`;
      return work.emit(failedEnd({ code: command.code, message, detail: { timeout } }));
    }
    case 'end':
      return work.emit(command.end);
  }
}

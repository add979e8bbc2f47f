import type { EventBody } from '../run/event.ts';
import type { Run } from '../run/run.ts';
import type { Connections } from './connections.ts';
import type { LoginAsks } from './login-asks.ts';
import type { Ports } from './ports.ts';

/** What a performer of a command works with. */
export interface Work {
  readonly ports: Ports;
  readonly connections: Connections;
  readonly logins: LoginAsks;
  /** The state now; every `emit` changes it. */
  run(): Run;
  /** Writes to the log and thereby to the state. */
  emit(...bodies: EventBody[]): void;
  /**
   * Waits for what `read` finds in a state, which whoever else appends to the log may bring about.
   * @throws the signal's reason when it aborts first
   */
  until<Value>(read: (run: Run) => Value | undefined, signal: AbortSignal): Promise<Value>;
}

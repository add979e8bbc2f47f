import type { EventBody } from '../run/event.ts';
import type { Run } from '../run/run.ts';
import type { Connections } from './connections.ts';
import type { Ports } from './ports.ts';

/** What a performer of a command works with. */
export interface Work {
  readonly ports: Ports;
  readonly connections: Connections;
  /** The state now; every `emit` changes it. */
  run(): Run;
  /** Writes to the log and thereby to the state. */
  emit(...bodies: EventBody[]): void;
}

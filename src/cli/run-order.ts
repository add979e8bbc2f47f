import type { Source } from './draw-problem.ts';
import type { Approver } from './approver.ts';
import type { Person } from './person.ts';
import type { Terminal } from './terminal.ts';

/** What `mdops run` was asked to do, wherever it does it. */
export interface RunOrder {
  readonly source: Source;
  readonly input: Readonly<Record<string, string>>;
  readonly overrides: Readonly<Record<string, unknown>>;
  /** Print the whole run as JSON. */
  readonly json: boolean;
  /** File for the answer. */
  readonly output: string | undefined;
  readonly terminal: Terminal;
  /** Who is shown links and answers questions. */
  readonly person: Person;
  /** Who says which calls may be made. */
  readonly approver: Approver;
  /** Aborted by Ctrl-C and when nobody reads the answer any more. */
  readonly signal: AbortSignal;
}

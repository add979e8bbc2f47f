import { visible } from '../publish/visible.ts';
import type { ApprovalAction } from '../run/event.ts';
import type { Arguments } from './options.ts';
import type { Person } from './person.ts';
import { UsageError } from './usage-error.ts';

/** Characters of arguments on the screen; what is longer nobody reads there. */
const LONGEST = 20_000;

/** What was said on the command line about calls that want approval. */
type Said = 'all' | 'none' | ReadonlySet<string> | null;

/** Says which calls may be made: from the command line, else the person at the terminal. */
export class Approver {
  readonly #said: Said;
  readonly #person: Person;

  /** @throws UsageError for `--approve` without a name */
  constructor(given: Arguments, person: Person) {
    this.#said = readSaid(given.values('approve'));
    this.#person = person;
  }

  /** Whether a call that wants approval will get an answer here. */
  get answers(): boolean {
    return this.#said !== null || this.#person.answers;
  }

  /**
   * Whether the call may be made. Of a list of tools the others are asked about, where somebody is
   * there, and else not allowed.
   * @throws the signal's reason when it aborts first
   */
  async allows(action: ApprovalAction, signal: AbortSignal): Promise<boolean> {
    const said = this.#said;
    if (said === 'all' || said === 'none') return said === 'all';
    if (said?.has(action.tool) === true) return true;
    return this.#person.confirms('approval', linesOf(action), signal);
  }
}

function readSaid(values: readonly string[]): Said {
  if (values.length === 0) return null;
  const names = values.flatMap((value) => value.split(',')).map((name) => name.trim());
  const [only = ''] = names;
  if (names.length === 1 && (only === 'all' || only === 'none')) return only;
  const isMixed = names.some((name) => ['', 'all', 'none'].includes(name));
  if (!isMixed) return new Set(names);
  throw new UsageError('`--approve` takes `all`, `none`, or names of tools with commas between.');
}

/** Server, tool and arguments as the model wrote them, with nothing that hides. */
function linesOf({ server, tool, arguments: args }: ApprovalAction): readonly string[] {
  const shown = visible(args.trim() === '' ? '{}' : args);
  const more = shown.length - LONGEST;
  return [
    `The model wants to call ${visible(tool)} of ${visible(server)} with`,
    ...shown
      .slice(0, LONGEST)
      .split('\n')
      .map((line) => `│ ${line}`),
    ...(more > 0 ? [`… and ${more} more characters, which are not shown here.`] : []),
  ];
}

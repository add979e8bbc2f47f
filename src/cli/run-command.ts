import { RUN } from './commands.ts';
import { interruption } from './interruption.ts';
import { keyValues, readArguments, type Arguments } from './options.ts';
import { checkWritable } from './output-file.ts';
import { promptSource } from './prompt-source.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** What `mdops run` was asked to do, wherever it does it. */
export interface RunOrder {
  readonly source: { readonly name: string; readonly text: string };
  readonly input: Readonly<Record<string, string>>;
  readonly overrides: Readonly<Record<string, unknown>>;
  /** Print the whole run as JSON. */
  readonly json: boolean;
  /** File for the answer. */
  readonly output: string | undefined;
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C and when nobody reads the answer any more. */
  readonly signal: AbortSignal;
}

/** `mdops run`: runs one prompt here or on a server. The exit code is that of the run. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const given = readArguments(args, RUN.options, 'run');
  const remote = given.value('remote');
  refuseStray(given, remote);
  const output = given.value('output');
  if (output !== undefined) await checkWritable(output);
  const order: RunOrder = {
    source: await promptSource(given.positionals),
    input: keyValues(given.values('var'), '-v'),
    overrides: overrides(given),
    json: given.has('json'),
    output,
    terminal,
    signal: AbortSignal.any([interruption(), terminal.closed]),
  };
  if (remote === undefined) {
    const { runHere } = await import('./run-here.ts');
    return runHere(order, given.values('allow'));
  }
  const { runRemote } = await import('./run-remote.ts');
  const key = given.value('key') ?? process.env['MDOPS_KEY'];
  return runRemote(order, { url: remote, key, wait: given.has('wait') });
}

function refuseStray(given: Arguments, remote: string | undefined): void {
  const stray = (remote === undefined ? ['wait', 'key'] : ['allow']).find((name) =>
    given.has(name),
  );
  if (stray === undefined) return;
  const where = remote === undefined ? 'is for runs with' : 'does not go with';
  throw new UsageError(`\`--${stray}\` ${where} \`--remote\`.`);
}

/** Settings from the command line, stronger than the frontmatter. */
export function overrides(given: Arguments): Readonly<Record<string, unknown>> {
  const settings = Object.entries(keyValues(given.values('set'), '--set')).map(
    ([key, text]): [string, unknown] => [key, settingValue(text)],
  );
  const model = given.value('model');
  return Object.fromEntries(model === undefined ? settings : [...settings, ['model', model]]);
}

/** `--set stop='["a","b"]'` is a list and `--set store=false` a boolean; all else is text. */
function settingValue(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? text : value;
  } catch {
    return text;
  }
}

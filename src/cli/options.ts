import { parseArgs } from 'node:util';

import { nearest } from '../normalize/nearest.ts';
import { UsageError } from './usage-error.ts';

/** One option of a command: the parser, the help and "did you mean" read this. */
export interface OptionSpec {
  readonly name: string;
  readonly short?: string;
  /** What stands for the value in the help; the option is a switch without it. */
  readonly value?: string;
  readonly help: string;
}

/** What stood on the command line. */
export interface Arguments {
  readonly positionals: readonly string[];
  /** Whether a switch was given. */
  has(name: string): boolean;
  /** The last value given for an option. */
  value(name: string): string | undefined;
  /** All values given for an option, in order. */
  values(name: string): readonly string[];
}

/**
 * Reads the arguments of one command.
 * @throws UsageError on an unknown option, a missing value, or a value for a switch
 */
export function readArguments(
  args: readonly string[],
  specs: readonly OptionSpec[],
  command: string,
): Arguments {
  const options = Object.fromEntries(
    specs.map(({ name, short, value }) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: true,
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const value = checked(token, specs, command);
    given.set(token.name, [...(given.get(token.name) ?? []), value]);
  }
  return {
    positionals,
    has: (name) => given.has(name),
    value: (name) => given.get(name)?.at(-1),
    values: (name) => given.get(name) ?? [],
  };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function checked(token: OptionToken, specs: readonly OptionSpec[], command: string): string {
  const spec = specs.find(({ name }) => name === token.name);
  const help = `See \`mdops help ${command}\`.`;
  if (spec === undefined) {
    const near = nearest(
      token.name,
      specs.map(({ name }) => name),
      { prefix: true },
    );
    const fix = near === null ? help : `Did you mean \`--${near}\`?`;
    throw new UsageError(`Unknown option \`${token.rawName}\` for \`${command}\`. ${fix}`);
  }
  if (spec.value === undefined) {
    if (token.value === undefined) return '';
    throw new UsageError(`\`${token.rawName}\` takes no value. ${help}`);
  }
  // `--model --json`: the value was forgotten; it is not "--json".
  const looksForgotten = token.inlineValue === false && /^-./.test(token.value ?? '');
  if (token.value === undefined || looksForgotten) {
    throw new UsageError(`\`${token.rawName}\` needs a value: \`${token.rawName} ${spec.value}\`.`);
  }
  return token.value;
}

/**
 * `key=value` options as a record; a key given twice keeps its last value.
 * @throws UsageError when there is no `=` or no key
 */
export function keyValues(values: readonly string[], option: string): Record<string, string> {
  return Object.fromEntries(
    values.map((text) => {
      const cut = text.indexOf('=');
      if (cut < 1) throw new UsageError(`\`${option} ${text}\` is not of the form key=value.`);
      return [text.slice(0, cut).trim(), text.slice(cut + 1)];
    }),
  );
}

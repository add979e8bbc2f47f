#!/usr/bin/env node
import { readFile } from 'node:fs/promises';

import { Fault, FAULTS } from '../fault/fault.ts';
import { nearest } from '../normalize/nearest.ts';
import { parseJsonObject } from '../protocol/json.ts';
import { COMMANDS, type Command } from './commands.ts';
import { commandHelp, overview } from './help.ts';
import { readArguments } from './options.ts';
import { Terminal } from './terminal.ts';
import { printable } from './text-width.ts';
import { UsageError } from './usage-error.ts';

const USAGE = 2;

/** Runs one command line and answers with the exit code. */
async function mdops(args: readonly string[], terminal: Terminal): Promise<number> {
  const [word, ...rest] = args;
  switch (word) {
    case undefined:
      terminal.err(overview());
      return USAGE;
    case '--help':
    case '-h':
      terminal.outLine(overview());
      return 0;
    case 'help':
      terminal.outLine(rest[0] === undefined ? overview() : commandHelp(find(rest[0])));
      return 0;
    case '--version':
      terminal.outLine(await version());
      return 0;
    default:
      return run(find(word), rest, terminal);
  }
}

async function run(command: Command, args: readonly string[], terminal: Terminal): Promise<number> {
  if (args.some((arg) => arg === '--help' || arg === '-h')) {
    terminal.outLine(commandHelp(command));
    return 0;
  }
  const given = readArguments(args, command.options, command.name);
  const { main } = await command.load();
  return main(given, terminal);
}

function find(word: string): Command {
  const command = COMMANDS.find(({ name }) => name === word);
  if (command !== undefined) return command;
  throw new UsageError(
    `Unknown ${word.startsWith('-') ? 'option' : 'command'} \`${word}\`. ${fix(word)}`,
  );
}

function fix(word: string): string {
  const names = [...COMMANDS.map(({ name }) => name), 'help', '--help', '--version'];
  const near = nearest(word, names, { prefix: true });
  if (near !== null) return `Did you mean \`mdops ${near}\`?`;
  const isFile = /[./]/.test(word) && !word.startsWith('-');
  return isFile ? `Did you mean \`mdops run ${word}\`?` : 'See `mdops --help`.';
}

async function version(): Promise<string> {
  // Read and not imported: the compiled command line stands beside the same file.
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const found = parseJsonObject(manifest)?.['version'];
  return typeof found === 'string' ? found : 'unknown';
}

/** The one place where what went wrong becomes a line and an exit code; never a stack. */
function explainFailure(thrown: unknown, terminal: Terminal): number {
  if (thrown instanceof UsageError) {
    terminal.err(`mdops: ${thrown.message}`);
    return USAGE;
  }
  if (thrown instanceof Fault) {
    const { code, message } = thrown;
    terminal.err(`${terminal.paintErr('red', `error ${code}`)} ${printable(message)}`);
    return FAULTS[code].exit;
  }
  const what = thrown instanceof Error ? thrown.message : String(thrown);
  terminal.err(`${terminal.paintErr('red', 'error internal')} Something failed in mdops: ${what}`);
  return FAULTS.internal.exit;
}

const terminal = new Terminal(process.stdout, process.stderr);
const code = await mdops(process.argv.slice(2), terminal).catch((thrown: unknown) =>
  explainFailure(thrown, terminal),
);
await terminal.flush();
// Connections that are kept alive would hold the process for seconds after its work is done.
process.exit(terminal.broken ? FAULTS.internal.exit : code);

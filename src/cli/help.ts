import { COMMANDS, type Command } from './commands.ts';
import type { OptionSpec } from './options.ts';

/** The text of `mdops --help`; `spec/cli.md` holds the same text, and a test compares them. */
export function overview(): string {
  return [
    'mdops: run Markdown prompts with tools.',
    '',
    'Usage:',
    ...columns([
      ...COMMANDS.map(({ usage, summary }): [string, string] => [usage, summary]),
      ['mdops help COMMAND', 'show the options of a command'],
      ['mdops --version', 'show the version'],
    ]),
    '',
    'Exit codes:',
    ...columns([
      ['0', 'done'],
      ['1', 'the run failed'],
      ['2', 'the prompt or the command line is wrong'],
      ['3', 'a limit of the run was met'],
      ['4', 'somebody must act first: log in, approve, give a key'],
      ['5', 'ended from outside: cancelled or expired'],
    ]),
    '',
    'Environment:',
    ...columns([
      ['OPENAI_API_KEY, ...', 'switch model providers on; the demo model answers without'],
      ['OPENAI_BASE_URL', 'any OpenAI-compatible server'],
      ['DEFAULT_MODEL', 'the model when a prompt names none'],
      ['EGRESS_ALLOW', 'loopback addresses that prompts may reach, as HOST:PORT,...'],
      ['SECRET_X', 'the value of ${env:X} in headers of tool servers'],
      ['HOSTS_OF_SECRET_X', 'the hosts that it may be sent to, as HOST,...; all when not set'],
      ['MDOPS_KEY', 'the API key for --remote'],
      ['MDOPS_SERVER', 'the server that login and logout without a URL are for'],
      ['MDOPS_HOME', 'the folder for logins'],
      ['VAULT_KEY', 'seals the logins, instead of a key beside them'],
      ['LOGIN_CLIENTS', 'OAuth clients made by hand: [{"issuer", "client_id", "client_secret"?}]'],
      ['NO_COLOR', 'no colours'],
    ]),
  ].join('\n');
}

/** The text of `mdops help COMMAND`. */
export function commandHelp({ usage, summary, details, options }: Command): string {
  return [
    `Usage: ${usage}`,
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ...details.flatMap((paragraph) => ['', paragraph]),
    '',
    'Options:',
    ...columns(options.map((option) => [optionName(option), option.help])),
  ].join('\n');
}

function optionName({ name, short, value }: OptionSpec): string {
  const letter = short === undefined ? '    ' : `-${short}, `;
  return `${letter}--${name}${value === undefined ? '' : ` ${value}`}`;
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

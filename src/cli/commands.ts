import type { Arguments, OptionSpec } from './options.ts';
import type { Terminal } from './terminal.ts';

/** One command as the help shows it and the entry runs it. */
export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  /** Paragraphs of `mdops help NAME`. */
  readonly details: readonly string[];
  readonly options: readonly OptionSpec[];
  /** Loads the command only when it runs, so that help is instant. */
  readonly load: () => Promise<CommandModule>;
}

/** What a command file exports. */
export interface CommandModule {
  /** Runs the command and answers with the exit code. */
  readonly main: (given: Arguments, terminal: Terminal) => Promise<number>;
}

const HELP: OptionSpec = { name: 'help', short: 'h', help: 'show this help' };

const VARIABLE: OptionSpec = {
  name: 'var',
  short: 'v',
  value: 'NAME=VALUE',
  help: 'give a declared input its value (repeatable)',
};

const SETTINGS: readonly OptionSpec[] = [
  VARIABLE,
  { name: 'model', value: 'MODEL', help: 'ask this model, as in --set model=MODEL' },
  {
    name: 'set',
    value: 'KEY=VALUE',
    help: 'override any frontmatter setting (repeatable)',
  },
];

const REMOTE: readonly OptionSpec[] = [
  { name: 'remote', value: 'URL', help: 'the logins that this MarkdownOps server keeps' },
  { name: 'key', value: 'KEY', help: 'with --remote: the API key (or MDOPS_KEY)' },
];

const PROFILE: OptionSpec = {
  name: 'profile',
  value: 'NAME',
  help: 'the set of logins, as in the frontmatter (default: default)',
};

const ALLOW: OptionSpec = {
  name: 'allow',
  value: 'HOST:PORT',
  help: 'let this loopback address be reached (repeatable)',
};

const SERVER: OptionSpec = {
  name: 'server',
  value: 'URL',
  help: 'the MarkdownOps server itself (or MDOPS_SERVER)',
};

const CODE: OptionSpec = {
  name: 'code',
  help: 'with --server: type a code, where the browser is on another machine',
};

const LINKS: readonly OptionSpec[] = [
  { name: 'open', help: 'open links of logins in the browser without asking' },
  { name: 'no-open', help: 'only print links of logins' },
];

const RUN: Command = {
  name: 'run',
  usage: 'mdops run [FILE | -] [options]',
  summary: 'run a prompt and print its answer',
  details: [
    'Runs the prompt in this process, or on a server with --remote. Without FILE, or with -, the\nprompt is read from standard input. The answer goes to standard output; problems and errors go\nto standard error, and progress too when that is a terminal. Ctrl-C cancels the run.',
  ],
  options: [
    ...SETTINGS,
    { name: 'json', help: 'print the whole run as JSON and nothing else' },
    { name: 'output', short: 'o', value: 'FILE', help: 'write the answer to FILE' },
    {
      name: 'allow',
      value: 'HOST:PORT',
      help: 'let the prompt reach this loopback address (repeatable)',
    },
    ...LINKS,
    { name: 'wait-login', help: 'wait for a login also where nobody watches' },
    {
      name: 'approve',
      value: 'all|none|TOOL,…',
      help: 'which calls that want approval may be made',
    },
    { name: 'remote', value: 'URL', help: 'post the prompt to this MarkdownOps server' },
    { name: 'wait', help: 'with --remote: follow the run and print its answer' },
    { name: 'key', value: 'KEY', help: 'with --remote: the API key (or MDOPS_KEY)' },
    HELP,
  ],
  load: () => import('./run-command.ts'),
};

const CHECK: Command = {
  name: 'check',
  usage: 'mdops check FILE|FOLDER... [options]',
  summary: 'report every problem of prompts',
  details: [
    'Nothing is run and nothing is fetched. In a folder every .md, .mdc, .prompt, .prompty,\n.prompt.yml and .prompt.yaml file is checked, except in node_modules and dot folders and except\ndocuments such as README.md and LICENSE.md. A file that is named is always checked.',
  ],
  options: [
    { name: 'json', help: 'print the problems as a JSON array' },
    { name: 'strict', help: 'warnings are errors' },
    HELP,
  ],
  load: () => import('./check-command.ts'),
};

const EXPLAIN: Command = {
  name: 'explain',
  usage: 'mdops explain [FILE | -] [options]',
  summary: 'show the request that a prompt becomes',
  details: [
    'Shows messages, tool servers, references and what each was taken for, limits, and where each\nsetting came from. Nothing is run and nothing is fetched.',
  ],
  options: [
    ...SETTINGS,
    { name: 'json', help: "print it as JSON, in the shape of a server's dry run" },
    HELP,
  ],
  load: () => import('./explain-command.ts'),
};

const LOGIN: Command = {
  name: 'login',
  usage: 'mdops login [URL] [options]',
  summary: 'log in to a tool server, or sign in to a server',
  details: [
    'Prints a link, waits until you have logged in there with your browser, and keeps the login for\nlater runs. A server that needs no login says so. Ctrl-C cancels.',
    'Without URL it signs in to the MarkdownOps server of --server, which makes an API key for this\nmachine. Runs with --remote use it.',
  ],
  options: [PROFILE, ALLOW, ...LINKS, ...REMOTE, SERVER, CODE, HELP],
  load: () => import('./login-command.ts'),
};

const CONNECTIONS: Command = {
  name: 'connections',
  usage: 'mdops connections [options]',
  summary: 'list the logins to tool servers',
  details: ['Nothing is fetched, except with --remote. No secrets are shown.'],
  options: [{ name: 'json', help: 'print them as a JSON array' }, ...REMOTE, HELP],
  load: () => import('./connections-command.ts'),
};

const LOGOUT: Command = {
  name: 'logout',
  usage: 'mdops logout [URL|ID] [options]',
  summary: 'end a login to a tool server, or to a server',
  details: [
    'Forgets the logins to the server of that URL, or the one of that id, and tells the server that\ngave them, where it takes that.',
    'Without either it ends the key that the MarkdownOps server of --server made, there and here.',
  ],
  options: [{ ...PROFILE, help: 'only the login of this set' }, ALLOW, ...REMOTE, SERVER, HELP],
  load: () => import('./logout-command.ts'),
};

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [RUN, CHECK, EXPLAIN, LOGIN, CONNECTIONS, LOGOUT];

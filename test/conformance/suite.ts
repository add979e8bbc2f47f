import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { parse } from 'yaml';
import * as z from 'zod';

/** A set of scenarios that the suite froze with a revision of the protocol. */
export interface Requirements {
  readonly revision: string;
  /** Names of the client scenarios that count. */
  readonly scored: readonly string[];
}

/** What the suite found in one scenario. */
export interface Verdict {
  readonly scenario: string;
  /** Checks passed, none failed and no warning. */
  readonly isPassed: boolean;
  /** As the suite says it. */
  readonly line: string;
}

const require = createRequire(import.meta.url);
const PACKAGE = dirname(require.resolve('@modelcontextprotocol/conformance/package.json'));
const CLIENT = join(import.meta.dirname, 'client.ts');

/** Milliseconds that a scenario may take, waiting for its turn included. */
const TIMEOUT_MS = 120_000;
/** Milliseconds for all of them; the suite waits for ever where a connection is left open. */
const ALL_MS = 180_000;

/** Reads what a revision requires from the suite itself. */
export function requirementsOf(revision: string): Requirements {
  const file = readFileSync(join(PACKAGE, 'requirements', `${revision}.yaml`), 'utf8');
  const { client } = z.object({ client: z.array(z.string()) }).parse(parse(file));
  return { revision, scored: client };
}

/**
 * Runs the suite's client side for a revision; scenarios are handed to the driver at that URL.
 * @returns a verdict for every scored scenario
 */
export async function runSuite(
  { revision, scored }: Requirements,
  driver: string,
): Promise<readonly Verdict[]> {
  const printed = await printedBy(
    [
      'client',
      `--requirements=${revision}`,
      // A shell takes the words apart again.
      `--command="${process.execPath}" "${CLIENT}"`,
      `--timeout=${TIMEOUT_MS}`,
      '--verbose',
    ],
    { CONFORMANCE_DRIVER: driver },
  );
  return scored.map((scenario) => verdictOf(scenario, printed));
}

/** The server scenarios of a revision: those that count, and those that are run for visibility. */
export interface ServerRequirements {
  readonly revision: string;
  readonly scored: readonly string[];
  /** Extensions, and what came after the revision. */
  readonly more: readonly string[];
}

/** Reads what a revision asks of a server from the suite itself. */
export function serverRequirementsOf(revision: string): ServerRequirements {
  const file = readFileSync(join(PACKAGE, 'requirements', `${revision}.yaml`), 'utf8');
  const { server, not_scored } = SERVER_SIDE.parse(parse(file));
  const more = not_scored.flatMap(({ scenario, leg }) => (leg === 'server' ? [scenario] : []));
  return { revision, scored: server, more };
}

const SERVER_SIDE = z.object({
  server: z.array(z.string()),
  not_scored: z.array(z.object({ scenario: z.string(), leg: z.string() })),
});

/**
 * Runs the suite's server side for a revision against the server at `url`.
 * @returns a verdict for every scenario, those that count first
 */
export async function runServerSuite(
  { revision, scored, more }: ServerRequirements,
  url: string,
): Promise<readonly Verdict[]> {
  const args = ['server', '--url', url, `--requirements=${revision}`, '--verbose'];
  const printed = await printedBy(args, {});
  return [...scored, ...more].map((scenario) => verdictOf(scenario, printed));
}

/** What the suite printed about a scenario. */
export function verdictOf(scenario: string, printed: string): Verdict {
  const lines = printed.split('\n');
  const at = lines.findIndex((line) => line.slice(2).startsWith(`${scenario}: `));
  const [head = `✗ ${scenario}: was not run`, ...rest] = at === -1 ? [] : lines.slice(at);
  const end = rest.findIndex((line) => !line.startsWith('    - '));
  const isPassed = /^✓ \S+: [1-9]\d* passed, 0 failed$/.test(head);
  return { scenario, isPassed, line: [head, ...rest.slice(0, end)].join('\n') };
}

function printedBy(
  args: readonly string[],
  more: Readonly<Record<string, string>>,
): Promise<string> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [join(PACKAGE, 'dist/index.js'), ...args], {
    env: { PATH, HOME, ...more },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: ALL_MS,
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });
}

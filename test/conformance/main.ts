/**
 * `npm run conformance`: the official suite of the Model Context Protocol, the sides of a client and of
 * an authorization server, against the running product. Each scenario is a prompt that names the suite's server; the driver posts
 * it, plays the model and the person's browser, and the suite judges what it saw on the wire.
 * There is no list of expected failures, a warning is a failure, and a run that should complete
 * has to. `-- --verbose` tells of every scenario what happened in it. The server side follows
 * (`server-side.ts`).
 * @see spec/tool-servers.md, Conformance; spec/mcp.md, Conformance
 */
import { argv, exit, stdout } from 'node:process';
import { runAuthorizationSuite } from './authorization.ts';
import { startDriver, type Driver } from './driver.ts';
import { failedAsServer } from './server-side.ts';
import { requirementsOf, runSuite } from './suite.ts';

/** Scenarios that each revision requires of a client: fewer would mean that some were not run. */
const REQUIRED = { '2025-11-25': 18, '2026-07-28': 32 } as const;

/** The suite's server or authorization server is one that must not be trusted: the run cannot complete. */
const IN_VAIN: ReadonlySet<string> = new Set([
  'auth/scope-retry-limit',
  'auth/resource-mismatch',
  'auth/iss-supported-missing',
  'auth/iss-wrong-issuer',
  'auth/iss-unexpected',
  'auth/iss-normalized',
  'auth/metadata-issuer-mismatch',
]);

const isVerbose = argv.includes('--verbose');
const driver = await startDriver();
const failed = await allRevisions(driver).finally(() => driver.stop());
const failedServer = await failedAsServer(isVerbose);
const refused = await authorizationServer();
exit(failed + failedServer + refused === 0 ? 0 : 1);

async function allRevisions(started: Driver): Promise<number> {
  let missing = 0;
  for (const [revision, required] of Object.entries(REQUIRED)) {
    missing += await oneRevision(started, revision, required);
  }
  return missing;
}

async function authorizationServer(): Promise<number> {
  const verdicts = await runAuthorizationSuite();
  const missing = verdicts.filter(({ isPassed }) => !isPassed);
  const shown = isVerbose ? verdicts : missing;
  for (const { line } of shown) stdout.write(`${line}\n`);
  const passed = verdicts.length - missing.length;
  stdout.write(`MCP authorization server conformance: ${passed}/${verdicts.length}\n`);
  return missing.length;
}

async function oneRevision(started: Driver, revision: string, required: number): Promise<number> {
  const begun = performance.now();
  const requirements = requirementsOf(revision);
  const verdicts = await runSuite(requirements, started.urlFor(requirements));
  let passed = 0;
  for (const { isPassed, line, scenario } of verdicts) {
    const happened = started.happened(requirements, scenario);
    // What the suite saw can be right although the run broke down afterwards.
    const isEnded = (happened.at(-1) === 'completed') !== IN_VAIN.has(scenario);
    if (isPassed && isEnded) passed += 1;
    if (isPassed && isEnded && !isVerbose) continue;
    stdout.write(`${[line, ...happened].join('\n    ')}\n`);
  }
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  stdout.write(`MCP client conformance ${revision}: ${passed}/${required} (${seconds} s)\n`);
  return required - passed;
}

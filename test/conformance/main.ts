/**
 * `npm run conformance`: the official suite of the Model Context Protocol, client side, against
 * the running product. Each scenario is a prompt that names the suite's server; the driver posts
 * it, plays the model and the person's browser, and the suite judges what it saw on the wire.
 * There is no list of expected failures, and a warning is a failure. `-- --verbose` tells of every
 * scenario what happened in it.
 * @see spec/tool-servers.md, Conformance
 */
import { argv, exit, stdout } from 'node:process';
import { startDriver, type Driver } from './driver.ts';
import { requirementsOf, runSuite } from './suite.ts';

/** Scenarios that each revision requires of a client: fewer would mean that some were not run. */
const REQUIRED = { '2025-11-25': 18, '2026-07-28': 32 } as const;

const isVerbose = argv.includes('--verbose');
const driver = await startDriver();
const failed = await allRevisions(driver).finally(() => driver.stop());
exit(failed === 0 ? 0 : 1);

async function allRevisions(started: Driver): Promise<number> {
  let missing = 0;
  for (const [revision, required] of Object.entries(REQUIRED)) {
    missing += await oneRevision(started, revision, required);
  }
  return missing;
}

async function oneRevision(started: Driver, revision: string, required: number): Promise<number> {
  const begun = performance.now();
  const requirements = requirementsOf(revision);
  const verdicts = await runSuite(requirements, started.urlFor(requirements));
  const passed = verdicts.filter(({ isPassed }) => isPassed).length;
  for (const { isPassed, line, scenario } of verdicts) {
    if (isPassed && !isVerbose) continue;
    stdout.write(`${line}\n${started.happened(requirements, scenario)}`);
  }
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  stdout.write(`MCP client conformance ${revision}: ${passed}/${required} (${seconds} s)\n`);
  return required - passed;
}

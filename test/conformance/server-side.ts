import { stdout } from 'node:process';
import { fixturePeer } from './fixture-peer.ts';
import { runServerSuite, serverRequirementsOf } from './suite.ts';

/** Scenarios that each revision requires of a server: fewer would mean that some were not run. */
const REQUIRED = { '2025-11-25': 30, '2026-07-28': 37 } as const;

/** The suite runs these and has nothing yet that they check. */
const EMPTY: ReadonlySet<string> = new Set(['server-sse-polling', 'tasks-status-notifications']);

/**
 * The server side of the suite, against the tools that it calls by name: they stand behind the
 * door of `/mcp`, in a Worker that is made for this alone. The tasks extension and what came after a
 * revision does not count for the suite, and has to pass here too.
 * @returns how many scenarios failed
 */
export async function failedAsServer(isVerbose: boolean): Promise<number> {
  const peer = await fixturePeer();
  let failed = 0;
  try {
    for (const [revision, required] of Object.entries(REQUIRED)) {
      failed += await oneRevision(`${peer.origin}/mcp`, { revision, required, isVerbose });
    }
  } finally {
    await peer.stop();
  }
  return failed;
}

async function oneRevision(
  url: string,
  { revision, required, isVerbose }: { revision: string; required: number; isVerbose: boolean },
): Promise<number> {
  const begun = performance.now();
  const requirements = serverRequirementsOf(revision);
  const scored = new Set(requirements.scored);
  const more = requirements.more.filter((scenario) => !EMPTY.has(scenario));
  const verdicts = await runServerSuite({ ...requirements, more }, url);
  let passed = 0;
  let passedMore = 0;
  for (const { isPassed, line, scenario } of verdicts) {
    if (isPassed && scored.has(scenario)) passed += 1;
    else if (isPassed) passedMore += 1;
    if (!isPassed || isVerbose) stdout.write(`${line}\n`);
  }
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const extra = `${passedMore}/${more.length} unscored`;
  stdout.write(
    `MCP server conformance ${revision}: ${passed}/${required}, ${extra} (${seconds} s)\n`,
  );
  return required - passed + more.length - passedMore;
}

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../../src/cli/exit-code.ts';
import type { Ports } from '../../../src/execute/ports.ts';
import { FAULTS, type FaultCode } from '../../../src/fault/fault.ts';
import type { CompletionRequest, Limits } from '../../../src/normalize/request.ts';
import { MAX_PARALLEL_CALLS } from '../../../src/run/next-commands.ts';
import { fsck } from '../../../src/run/fsck.ts';
import {
  calls,
  LIMITS,
  memoryServers,
  ports,
  runToEnd,
  scriptedModel,
  says,
  server,
  startedLog,
  text,
  type Turn,
} from '../../support/engine.ts';

const search = server('search');
const searching = calls(['search__find', {}]);
const models = [
  { provider: 'test', model: 'scripted', price: { input: 1, cached_input: 1, output: 10 } },
];

/** A run that would never end by itself. */
function endless(limits: Partial<Limits>, turn: Turn = searching, result = '3 hits'): Ports {
  const request: Partial<CompletionRequest> = {
    models,
    servers: [search],
    limits: { ...LIMITS, ...limits },
  };
  const servers = memoryServers({ [search.url]: [{ name: 'find', run: () => text(result) }] });
  return ports(scriptedModel([turn]), { log: startedLog(request), servers });
}

const silent: Turn = async function* (_call, signal) {
  yield { choices: [{ delta: { content: 'One' } }] };
  await new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('gone')));
  });
};

/** Every limit that ends a run. */
const MET: Readonly<Partial<Record<FaultCode, () => Ports>>> = {
  max_steps: () => endless({ max_steps: 3 }),
  max_tool_calls: () => endless({ max_tool_calls: 3 }),
  max_total_tokens: () => endless({ max_total_tokens: 40 }),
  max_cost: () => endless({ max_cost: 0.0001 }),
  max_stored_bytes: () => endless({ max_steps: 1000 }, searching, 'x'.repeat(4_000_000)),
  timeout: () => endless({ timeout: 0.05 }, silent),
};

describe('a limit of a run', () => {
  it.each(Object.entries(MET))('%s ends it, and the run says so', async (code, make) => {
    const all = make();
    const run = await runToEnd(all);
    expect(run).toMatchObject({ status: 'failed', stop_reason: code, error: { code } });
    // A sentence that names what was met, and not only the table's.
    expect(run.error?.message).toMatch(/\d/);
    expect(exitCodeOf(run)).toBe(3);
    expect(fsck(all.log.read())).toEqual([]);
  });

  it('has an own stop reason, status and exit code in the one table, and nothing else has this exit code', () => {
    const limits = Object.entries(FAULTS).filter(([, { exit }]) => exit === 3);
    const ofRuns = limits.filter(([code]) => code !== 'rate_limited');
    expect(ofRuns.map(([code]) => code).toSorted()).toEqual(Object.keys(MET).toSorted());
    for (const [, { http }] of ofRuns) expect(http).toBe(200);
  });

  it('stands on the page with what it amounts to', () => {
    const page = readFileSync(new URL('../../../spec/runs.md', import.meta.url), 'utf8');
    const rows = page.split('\n').filter((line) => line.startsWith('| '));
    for (const code of Object.keys(MET)) {
      expect(rows.filter((row) => row.includes(`| \`${code}\` | 200 | 3 |`))).toHaveLength(1);
    }
  });

  it('of parallel calls ends nothing: so many are made at once, and the others after them', async () => {
    let now = 0;
    let most = 0;
    const run = async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now -= 1;
      return text('ok');
    };
    const many = calls(...Array.from({ length: 40 }, () => ['search__find', {}] as const));
    const all = ports(scriptedModel([many, says('Done.')]), {
      log: startedLog({ servers: [search] }),
      servers: memoryServers({ [search.url]: [{ name: 'find', run }] }),
    });
    const ended = await runToEnd(all);
    expect(ended.status).toBe('completed');
    expect(ended.steps[0]?.calls.every(({ result }) => result?.is_error === false)).toBe(true);
    expect(most).toBe(MAX_PARALLEL_CALLS);
  });
});

/** What a start of the Worker costs before its first request: reading and running its script. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { WORKER_BUNDLE } from '../scripts/bundle.ts';
import { middle, type Row } from './measure.ts';

/** The row about the start, in a new process of Node each time. */
export async function workerStartRows(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const platform = join(folder, 'platform.mjs');
    writeFileSync(
      platform,
      'export class DurableObject {}\nexport class WorkerEntrypoint {}\nexport const waitUntil = () => {};\n',
    );
    await build({
      ...WORKER_BUNDLE,
      outdir: join(folder, 'worker'),
      outExtension: { '.js': '.mjs' },
      external: ['node:*'],
      alias: { 'cloudflare:workers': platform },
    });
    const entry = JSON.stringify(join(folder, 'worker', 'index.mjs'));
    const program = `const start = performance.now(); await import(${entry}); console.log(performance.now() - start)`;
    const times = Array.from({ length: 9 }, () =>
      Number(execFileSync(process.execPath, ['--input-type=module', '-e', program])),
    );
    const what = 'start of the Worker: its script, read and run';
    return [{ what, floor: null, ours: middle(times), goal: '< 50 ms' }];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * `npm run bench`: measures everything in one run on loopback, prints medians in milliseconds with
 * the floor measured beside them, and ends by itself. Not part of the tests.
 */
import { connectRows } from './connect.ts';
import { earlyStartRows } from './early-start.ts';
import { formatRows } from './format.ts';
import { loopRows } from './loop.ts';
import { manyRunsRows } from './many-runs.ts';
import { printed } from './measure.ts';
import { productRows } from './product.ts';
import { workerStartRows } from './worker-start.ts';

console.log(
  `${'median, ms'.padEnd(58)}${'floor'.padStart(10)}${'ours'.padStart(10)}${'ratio'.padStart(8)}   goal`,
);
for (const rows of [
  formatRows,
  loopRows,
  earlyStartRows,
  connectRows,
  workerStartRows,
  productRows,
  manyRunsRows,
]) {
  for (const row of await rows()) console.log(printed(row));
}

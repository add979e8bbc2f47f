/**
 * `npm run bench`: measures everything in one run on loopback, prints medians in milliseconds (or
 * the unit of the row) with the floor measured beside them, and ends by itself. Not part of the tests.
 */
import { chatThroughputRows } from './chat-throughput.ts';
import { connectRows } from './connect.ts';
import { earlyStartRows } from './early-start.ts';
import { formatRows } from './format.ts';
import { pageWeightRows } from './page-weights.ts';
import { loopRows } from './loop.ts';
import { manyRunsRows } from './many-runs.ts';
import { printed } from './measure.ts';
import { pagesRows } from './pages.ts';
import { passThroughRows } from './pass-through.ts';
import { productRows } from './product.ts';
import { readsRows } from './reads.ts';
import { warmChatRows } from './warm-chat.ts';
import { workerStartRows } from './worker-start.ts';

console.log(
  `${'median, ms or the unit of the row'.padEnd(58)}${'floor'.padStart(10)}${'ours'.padStart(10)}${'ratio'.padStart(8)}   goal`,
);
for (const rows of [
  formatRows,
  loopRows,
  earlyStartRows,
  connectRows,
  workerStartRows,
  pageWeightRows,
  productRows,
  readsRows,
  manyRunsRows,
  passThroughRows,
  warmChatRows,
  chatThroughputRows,
  pagesRows,
]) {
  for (const row of await rows()) console.log(printed(row));
}

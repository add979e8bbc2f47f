/** Reading a run with a long answer: processor time of the server for each `GET` of its page. */
import { modelPeer } from '../test/support/model-peer.ts';
import { startProduct } from '../test/support/product.ts';
import { middle } from './measure.ts';
import type { Row } from './measure.ts';
import { processorTime } from './processor-time.ts';

const ROUNDS = 10;
/** Just below what is still laid out as Markdown, of what costs the most for a character. */
const ANSWER = '- a\n'.repeat(49_900);

/** All rows about reading; none where the processor time of a process is not told. */
export async function readsRows(): Promise<Row[]> {
  const model = await modelPeer();
  const product = await startProduct({ OPENAI_BASE_URL: model.baseUrl, OPENAI_API_KEY: 'key' });
  const pid = product.workerdPid();
  try {
    const created = await fetch(product.origin, { method: 'POST', body: 'Say much.' });
    const { url } = (await created.json()) as { url: string };
    const asked = await model.next();
    asked.says(ANSWER);
    asked.stops();
    const etag = await ended(`${url}.html`);
    const rows = [
      { what: 'the page of a 200 kB list, CPU ms a GET', headers: {}, goal: '≤ 30 ms' },
      { what: 'the same, known (304)', headers: { 'if-none-match': etag }, goal: '≤ 20 ms' },
    ];
    const measured: Row[] = [];
    for (const { what, headers, goal } of rows) {
      const ours = await costOf(pid, async () => {
        await (await fetch(`${url}.html`, { headers })).text();
      });
      if (ours !== null) measured.push({ what, floor: null, ours, goal });
    }
    return measured;
  } finally {
    await product.stop();
    await model.stop();
  }
}

async function ended(page: string): Promise<string> {
  for (;;) {
    const response = await fetch(page);
    await response.text();
    const etag = response.headers.get('etag');
    if (etag !== null) return etag;
  }
}

async function costOf(pid: number, read: () => Promise<void>): Promise<number | null> {
  const costs: number[] = [];
  for (let round = -3; round < ROUNDS; round += 1) {
    const before = processorTime(pid);
    await read();
    const after = processorTime(pid);
    if (before === null || after === null) return null;
    if (round >= 0) costs.push((after - before) / 1e6);
  }
  return middle(costs);
}

/** The hosted door without tool servers: what it adds to the first token and to each that follows. */
import { startProduct } from '../test/support/product.ts';
import { bareWorker } from './bare-worker.ts';
import { inTurn, type Row } from './measure.ts';
import { chatPeer } from './peers.ts';
import { processorTime } from './processor-time.ts';

const TOKENS = 2000;

/** All rows about passing through. Floors are the model itself and a Worker that does nothing else. */
export async function passThroughRows(): Promise<Row[]> {
  const chat = await chatPeer();
  const bare = await bareWorker(chat.origin);
  const product = await startProduct({
    PROVIDER_HOSTS: chat.origin,
    OPENAI_BASE_URL: `${chat.origin}/v1`,
  });
  const door = `${product.origin}/${chat.host}`;
  try {
    const [direct = Number.NaN, floor = Number.NaN, ours = Number.NaN] = await inTurn(
      [50, 200],
      [chat.origin, bare.origin, door].map((base) => () => firstToken(base)),
    );
    const what = 'passed through, first token';
    return [
      { what: `${what} (floor: the model)`, floor: direct, ours, goal: 'report' },
      { what: `${what} (floor: bare Worker)`, floor, ours, goal: '≤ floor + 0.3 ms' },
      ...(await tokenRows(
        { base: bare.origin, pid: bare.pid },
        { base: door, pid: product.workerdPid() },
        { base: product.origin, pid: product.workerdPid() },
      )),
    ];
  } finally {
    await product.stop();
    await Promise.all([bare.close(), chat.close()]);
  }
}

interface Way {
  readonly base: string;
  /** The process between us and the model. */
  readonly pid: number;
}

/**
 * What passing a token on costs the processor. The time of the whole answer would not tell: it is
 * that of the model and of who reads, both in this process.
 */
async function tokenRows(bare: Way, door: Way, run: Way): Promise<Row[]> {
  if (processorTime(bare.pid) === null) return [];
  const [floor = Number.NaN, passed = Number.NaN, made = Number.NaN] = await inTurn(
    [3, 15],
    [bare, door, run].map((way) => () => tokenCost(way)),
  );
  const what = 'each token, µs of CPU (floor: bare Worker)';
  return [
    { what: `passed through, ${what}`, floor, ours: passed, goal: 'as the floor' },
    { what: `a run in a request, ${what}`, floor, ours: made, goal: 'report' },
  ];
}

async function tokenCost({ base, pid }: Way): Promise<number> {
  const before = processorTime(pid) ?? Number.NaN;
  const reader = await answered(base, `tokens ${TOKENS}`);
  while (!(await reader.read()).done);
  return ((processorTime(pid) ?? Number.NaN) - before) / TOKENS / 1000;
}

/** Milliseconds until the first bytes of an answer, which is then read to its end. */
async function firstToken(base: string): Promise<number> {
  const begin = performance.now();
  const reader = await answered(base, 'hello');
  await reader.read();
  const first = performance.now() - begin;
  while (!(await reader.read()).done);
  return first;
}

async function answered(base: string, prompt: string) {
  const response = await fetch(`${base}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-bench' },
    body: JSON.stringify({
      model: 'bench',
      stream: true,
      messages: [{ role: 'user', content: prompt }],
    }),
  });
  if (!response.ok || response.body === null) throw new Error(`answered ${response.status}`);
  return response.body.getReader();
}

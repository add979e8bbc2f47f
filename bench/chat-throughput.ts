/** How many tool loops a second are done when many are under way at once. */
import { doorLoop, handLoop, sdkLoop, type Loop, type LoopPlace } from './chat-loops.ts';
import { chatPlace } from './chat-place.ts';
import { inTurn, type Row } from './measure.ts';

/** Milliseconds in which loops are begun; those under way are then ended. */
const SLICE_MS = 600;

/** All rows about throughput. The AI SDK stands in the column of the floor, where it is installed. */
export async function chatThroughputRows(): Promise<Row[]> {
  const place = await chatPlace();
  const sdk = await sdkLoop();
  const loops = [doorLoop, handLoop, ...(sdk === null ? [] : [sdk])];
  const rows: Row[] = [];
  try {
    for (const atOnce of [1, 16, 64]) {
      const [ours = Number.NaN, hand = Number.NaN, theirs] = await inTurn(
        [1, 3],
        loops.map((loop) => () => perSecond(place.outside, loop, atOnce)),
      );
      const what = `chat loops a second, ${atOnce} at once`;
      rows.push({ what: `${what} (floor: by hand)`, floor: hand, ours, goal: 'report' });
      if (theirs === undefined) continue;
      rows.push({ what: `${what} (floor: the AI SDK)`, floor: theirs, ours, goal: 'report' });
    }
  } finally {
    await place.close();
  }
  return rows;
}

async function perSecond(place: LoopPlace, loop: Loop, atOnce: number): Promise<number> {
  const begin = performance.now();
  let done = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (performance.now() - begin < SLICE_MS) {
        await loop(place);
        done += 1;
      }
    }),
  );
  return (done / (performance.now() - begin)) * 1000;
}

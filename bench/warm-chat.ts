/** A tool loop through the hosted door of a server that has made many, beside one made by hand. */
import { doorLoop, handLoop } from './chat-loops.ts';
import { chatPlace } from './chat-place.ts';
import { paired, type Row } from './measure.ts';

/** All rows about one loop at a time. */
export async function warmChatRows(): Promise<Row[]> {
  const places = await chatPlace();
  try {
    const rows: Row[] = [];
    for (const [server, place] of [
      ['the demo server', places.demo],
      ['a server elsewhere', places.outside],
    ] as const) {
      const measured = await paired(
        100,
        () => handLoop(place),
        () => doorLoop(place),
      );
      rows.push({ what: `warm chat loop, a call of ${server}`, ...measured, goal: 'report' });
    }
    return rows;
  } finally {
    await places.close();
  }
}

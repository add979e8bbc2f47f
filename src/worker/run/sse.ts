import type { RunEvent } from '../../run/event.ts';
import type { SqlRunLog } from './run-log.ts';

/** Milliseconds between comments that keep an idle connection open. */
const KEEP_ALIVE_MS = 15_000;

/** A reader that takes nothing for so long is dropped. */
const STALLED_MS = 60_000;

/** How a log becomes the bytes of one reader. */
export interface LogReader {
  /** Sequence number after which reading starts. */
  readonly after: number;
  /** Sent before everything else. */
  readonly preamble: string;
  /** What the reader is sent for an event; empty for nothing. */
  encode(event: RunEvent): string;
  /** What the reader is sent at a time of its own, and not with each event. */
  readonly due?: Due;
  /** Sent while nothing happens; empty for nothing. */
  readonly keepAlive: string;
  /** Called once when the reader has gone, for whatever reason. */
  done(): void;
}

/** What is sent when it is time. */
export interface Due {
  /** What is to be sent now; empty for nothing. */
  text(isLast: boolean): string;
  /** Milliseconds until something is due though nothing happens; null for nothing. */
  waitMs(): number | null;
}

const NEVER_DUE: Due = { text: () => '', waitMs: () => null };

/** One event as an SSE frame; `id` is what `Last-Event-ID` resumes after. */
export function sseFrame(event: { readonly type: string; readonly seq?: number }): string {
  const id = event.seq === undefined ? '' : `id: ${event.seq}\n`;
  return `${id}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** The frames of events that were just made, so that many who follow one run cost one frame. */
export class SseFrames {
  readonly #made = new WeakMap<object, string>();

  /** See {@link sseFrame}. */
  of(event: { readonly type: string; readonly seq?: number }): string {
    const made = this.#made.get(event) ?? sseFrame(event);
    this.#made.set(event, made);
    return made;
  }
}

/**
 * A log as a stream of bytes that ends after `run-end`. The reader pulls with a cursor: nothing
 * is queued for a reader that does not read, who is dropped after a minute.
 */
export function readLog(log: SqlRunLog, reader: LogReader): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let cursor = reader.after;
  let { preamble, due = NEVER_DUE } = reader;
  let open = true;
  let stalled: ReturnType<typeof setTimeout> | undefined;
  const leave = () => {
    clearTimeout(stalled);
    if (open) reader.done();
    open = false;
  };
  const isOpen = () => open;
  const source: UnderlyingByteSource = {
    type: 'bytes',
    async pull(controller) {
      clearTimeout(stalled);
      const piece = await nextPiece();
      if (!open) return;
      if (piece.text !== '') controller.enqueue(encoder.encode(piece.text));
      if (piece.last) {
        leave();
        controller.close();
        controller.byobRequest?.respond(0);
        return;
      }
      stalled = setTimeout(() => {
        leave();
        controller.error(new Error('The reader stalled.'));
      }, STALLED_MS);
    },
    cancel: leave,
  };
  return new ReadableStream(source, { highWaterMark: 0 });

  async function nextPiece(): Promise<{ text: string; last: boolean }> {
    let text = preamble;
    preamble = '';
    // `cancel` ends it from outside.
    while (isOpen()) {
      const events = log.after(cursor);
      text += events.map((event) => reader.encode(event)).join('');
      cursor = events.at(-1)?.seq ?? cursor;
      const last = isLast(log, events.at(-1), cursor);
      text += due.text(last);
      if (text !== '' || last) return { text, last };
      const wait = due.waitMs() ?? KEEP_ALIVE_MS;
      const grown = await log.grown(cursor, wait);
      if (!grown && wait === KEEP_ALIVE_MS) text = reader.keepAlive;
    }
    return { text, last: true };
  }
}

/** Whether nothing follows on this event, which is number `seq`. */
function isLast(log: SqlRunLog, event: RunEvent | undefined, seq: number): boolean {
  return event?.type === 'run-end' || log.isRemoved || (log.ended && log.seq <= seq);
}

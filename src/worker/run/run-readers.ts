import type { Audience } from '../../execute/ports.ts';
import type { Viewer } from '../../run/view.ts';
import { VisibleEvents } from '../../run/visible-events.ts';
import { answerEncoder } from './answer-stream.ts';
import type { AnswerForm } from './answer-stream.ts';
import type { LivePages } from './page-reader.ts';
import type { PagePlace } from './page-place.ts';
import type { SqlRunLog } from './run-log.ts';
import { readLog, SseFrames } from './sse.ts';
import type { LogReader } from './sse.ts';

/** What a reader of events asks for. */
export interface EventsRequest {
  /** Events after this number. */
  readonly after: number;
  /** Sent before the first event. */
  readonly preamble: string;
}

/** Text waits so long to be written while somebody reads along, in milliseconds. */
const READ_MS = 40;

/** And so long while nobody does: each time costs a wait for the disk, and a look writes it at once. */
const UNREAD_MS = 5000;

/** Who reads a run along while it is made. */
export class RunReaders implements Audience {
  readonly #frames = new SseFrames();
  readonly #listeners = new Set<() => void>();
  #pages: LivePages | null = null;
  #count = 0;

  get isThere(): boolean {
    return this.#count > 0;
  }

  /** How long text may wait to be written, in milliseconds. */
  get flushMs(): number {
    return this.isThere ? READ_MS : UNREAD_MS;
  }

  onLook(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Somebody is about to read the log: what waits is written first. */
  look(): void {
    for (const listener of this.#listeners) listener();
  }

  /**
   * The events that a reader may see, as server-sent events until the run ends; null when it has
   * ended and the reader has seen everything.
   */
  events(
    log: SqlRunLog,
    reader: { readonly viewer: Viewer; readonly origin: string },
    request: EventsRequest,
  ): ReadableStream<Uint8Array> | null {
    this.look();
    if (log.ended && request.after >= log.seq) return null;
    const visible = new VisibleEvents(reader, log.read());
    return this.#read(log, {
      ...request,
      keepAlive: ': keep-alive\n\n',
      encode: (event) =>
        visible
          .take(event)
          .map((each) => this.#frames.of(each))
          .join(''),
    });
  }

  /** Loads what {@link page} lays pages out with. */
  async loadPages(): Promise<void> {
    const { LivePages: Pages } = await import('./page-reader.ts');
    this.#pages ??= new Pages();
  }

  /**
   * What is new on the page of a run, laid out, until the run ends; null when the page shows its end.
   * Who looks on is laid out the run once, however many they are.
   * @param from where the page stands
   */
  page(log: SqlRunLog, viewer: Viewer, from: PagePlace): ReadableStream<Uint8Array> | null {
    if (this.#pages === null) throw new TypeError('Pages are not loaded.');
    if (log.ended && from.seq >= log.seq) return null;
    const reader = this.#pages.reader(log, viewer, from);
    return this.#read(log, {
      after: from.seq,
      preamble: '',
      keepAlive: ': keep-alive\n\n',
      encode: (event) => reader.take(event),
      due: reader,
    });
  }

  /** The answer as text while it is made. */
  answer(log: SqlRunLog, form: AnswerForm, origin: string): ReadableStream<Uint8Array> {
    const encode = answerEncoder(form, origin);
    return this.#read(log, { after: 0, preamble: '', keepAlive: '', encode });
  }

  #read(log: SqlRunLog, reader: Omit<LogReader, 'done'>): ReadableStream<Uint8Array> {
    this.#count += 1;
    this.look();
    const done = () => {
      this.#count -= 1;
      if (this.#count === 0) this.#pages?.forget();
    };
    return readLog(log, { ...reader, done });
  }
}

import { SentParts } from '../../publish/page-shown.ts';
import type { RunEvent } from '../../run/event.ts';
import type { Viewer } from '../../run/view.ts';
import { LivePage } from './live-page.ts';
import type { PagePlace } from './page-place.ts';
import type { SqlRunLog } from './run-log.ts';

/** Milliseconds between two renewals; text is renewed with what a screen shows. */
const TEXT_MS = 20;
const MAIN_MS = 100;
/** Reasoning and progress are looked at in passing. */
const ASIDE_MS = 500;
/** Characters for which one waits a millisecond longer: what is large is sent less often. */
const PER_MS = 200;

/**
 * One reader of a run's page: knows what it shows, and says what is new. Sealed blocks of the answer
 * are sent once, of the rest what differs, and of everything else the parts that differ. The page's
 * script puts them where they belong; what they are made of is laid out here, like the page itself.
 * @see spec/rendering.md PAGE-4
 */
export class PageReader {
  readonly #page: LivePage;
  readonly #sent = new SentParts();
  #at: PagePlace;
  /** What the reader has of the open rest of the answer; it is whole with the first that is sent. */
  #rest = '';
  #isFirst = true;
  #textDue = Infinity;
  #mainDue = Infinity;
  #textFree = 0;
  #mainFree = 0;

  constructor(page: LivePage, from: PagePlace) {
    this.#page = page;
    this.#at = from;
    page.catchUp();
    if (page.seq > from.seq) this.#textDue = 0;
  }

  /** Takes note of an event; what it gives is sent when it is due. */
  take({ type }: RunEvent): string {
    const now = Date.now();
    this.#textDue = Math.min(this.#textDue, Math.max(now, this.#textFree));
    if (type === 'text-delta') return '';
    const isAside = type === 'reasoning-delta' || type === 'tool-progress';
    const due = Math.max(now + (isAside ? ASIDE_MS : 0), this.#mainFree);
    this.#mainDue = Math.min(this.#mainDue, due);
    return '';
  }

  waitMs(): number | null {
    const due = Math.min(this.#textDue, this.#mainDue);
    return due === Infinity ? null : Math.max(1, due - Date.now());
  }

  text(isLast: boolean): string {
    const now = Date.now();
    if (isLast) return 'event: end\ndata: {}\n\n';
    if (Math.min(this.#textDue, this.#mainDue) > now) return '';
    this.#page.catchUp();
    const answer = this.#answer(now);
    const isOther = answer?.reset === true;
    const main = this.#mainDue <= now || isOther ? this.#main(now) : null;
    if (main === null && answer === null) return '';
    // Who comes back from here is sent what has still to come.
    const isWhole = Math.min(this.#textDue, this.#mainDue) === Infinity;
    if (isWhole) this.#at = { ...this.#at, seq: this.#page.seq };
    const { seq, step, attempt, blocks } = this.#at;
    const data = JSON.stringify({ ...main, answer });
    return `id: ${seq}.${step}.${attempt}.${blocks}\nevent: page\ndata: ${data}\n\n`;
  }

  #main(now: number): { readonly main: string; readonly status: string } {
    const { pieces, status, seq, until } = this.#page.main(now);
    const main = this.#sent.take(pieces);
    this.#mainFree = now + MAIN_MS + main.length / PER_MS;
    // What came since it was laid out for somebody else is sent when it is laid out again.
    this.#mainDue = seq === this.#page.seq ? Infinity : Math.max(until, this.#mainFree);
    return { main, status };
  }

  /** What is new of the answer; null for nothing. */
  #answer(now: number): AnswerNews | null {
    const { step, attempt, sealed, rest, cost, until } = this.#page.answer(now);
    this.#textFree = now + TEXT_MS + cost / PER_MS;
    // What it lacks is sent when it is laid out again.
    this.#textDue = until === null ? Infinity : Math.max(until, now + TEXT_MS);
    const at = this.#at;
    const isSame = at.step === step && at.attempt === attempt && at.blocks <= sealed.length;
    const from = isSame ? at.blocks : 0;
    const isWhole = this.#isFirst || !isSame;
    if (!isWhole && from === sealed.length && rest === this.#rest) return null;
    const news = {
      ...(isSame ? {} : { reset: true }),
      from,
      sealed: sealed.slice(from).join(''),
      blocks: sealed.length,
      rest: difference(isWhole ? '' : this.#rest, rest),
    };
    this.#at = { ...at, step, attempt, blocks: sealed.length };
    this.#rest = rest;
    this.#isFirst = false;
    return news;
  }
}

/** What is new of an answer. */
interface AnswerNews {
  /** Whether it is another answer, of which the page shows nothing. */
  readonly reset?: boolean;
  /** Finished blocks that the page has. */
  readonly from: number;
  /** HTML of those that were finished since. */
  readonly sealed: string;
  /** Finished blocks that it has then. */
  readonly blocks: number;
  readonly rest: Difference;
}

/** Characters to keep of the beginning and of the end, and what stands between them. */
type Difference = readonly [start: number, text: string, end: number];

function difference(before: string, now: string): Difference {
  const most = Math.min(before.length, now.length);
  let start = 0;
  while (start < most && before.charCodeAt(start) === now.charCodeAt(start)) start += 1;
  let end = 0;
  while (
    end < most - start &&
    before.charCodeAt(before.length - 1 - end) === now.charCodeAt(now.length - 1 - end)
  ) {
    end += 1;
  }
  return [start, now.slice(start, now.length - end), end];
}

/** The pages of one run, as long as somebody looks at them. */
export class LivePages {
  #log: SqlRunLog | null = null;
  readonly #pages = new Map<Viewer, LivePage>();

  /** A new reader of what `viewer` may see. */
  reader(log: SqlRunLog, viewer: Viewer, from: PagePlace): PageReader {
    // A run that was deleted and made again has another log.
    if (this.#log !== log) this.forget();
    this.#log = log;
    const page = this.#pages.get(viewer) ?? new LivePage(log, viewer);
    this.#pages.set(viewer, page);
    return new PageReader(page, from);
  }

  forget(): void {
    this.#pages.clear();
  }
}

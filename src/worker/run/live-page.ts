import { AnswerBlocks } from '../../publish/answer-blocks.ts';
import { isProse } from '../../publish/page-answer.ts';
import { SharedParts } from '../../publish/page-shown.ts';
import type { Pieces } from '../../publish/page-shown.ts';
import { announcementOf, renderMain } from '../../publish/render-page.ts';
import { runUrls } from '../../publish/run-urls.ts';
import { applyEvent, foldRun } from '../../run/fold-run.ts';
import type { Run } from '../../run/run.ts';
import { answerStepFor, viewFor } from '../../run/view.ts';
import type { Viewer } from '../../run/view.ts';
import type { SqlRunLog } from './run-log.ts';

/** The answer as it is laid out so far. */
export interface LiveAnswer {
  /** Step and attempt; another one is another answer. */
  readonly step: number;
  readonly attempt: number;
  readonly sealed: readonly string[];
  readonly rest: string;
  /** Characters that it costs to lay out more of it. */
  readonly cost: number;
  /** When the rest of it is laid out, in milliseconds since 1970; null when it is whole. */
  readonly until: number | null;
}

/** Everything of the page but the answer. */
export interface LiveMain {
  readonly pieces: Pieces;
  readonly status: string;
  /** The last event that it shows. */
  readonly seq: number;
  /** Milliseconds since 1970 before which it is not laid out again, whatever happens. */
  readonly until: number;
  /** The answer that it has a place for. */
  readonly answer: string;
}

/** Milliseconds that a page stays as it is, however many look at it at however many times. */
const KEPT_MS = 50;
/** Characters for which it stays a millisecond longer. */
const LAID_OUT_PER_MS = 10_000;
/** The same for an answer: Markdown costs more. */
const MARKDOWN_PER_MS = 200;

/** A run that goes on, as one kind of viewer sees it; shared by all who look at its page. */
export class LivePage {
  readonly #log: SqlRunLog;
  readonly #viewer: Viewer;
  #run: Run;
  readonly #parts = new SharedParts();
  #main: LiveMain | null = null;
  #answer = { step: 0, attempt: 0, blocks: new AnswerBlocks(true), text: '', until: 0 };

  constructor(log: SqlRunLog, viewer: Viewer) {
    this.#log = log;
    this.#viewer = viewer;
    this.#run = foldRun(log.read());
  }

  /** Everything that happened until now. */
  catchUp(): void {
    for (let events = this.#next(); events.length > 0; events = this.#next()) {
      this.#run = events.reduce(applyEvent, this.#run);
    }
  }

  get seq(): number {
    return this.#run.seq;
  }

  /**
   * The page without its answer, laid out once for all who look at it; it may be a moment old, but
   * it always has a place for the answer of now.
   */
  main(now: number): LiveMain {
    const { step = 0, attempt = 0 } = answerStepFor(this.#viewer, this.#run) ?? {};
    const answer = `${step}.${attempt}`;
    const known = this.#main;
    const isNew = known?.seq === this.seq || (known?.answer === answer && now < known.until);
    if (known !== null && isNew) return known;
    const view = viewFor(this.#viewer, this.#run);
    const pieces = this.#parts.piecesOf(renderMain(view, runUrls('', view.id), this.#parts));
    const until = now + KEPT_MS + lengthOf(pieces) / LAID_OUT_PER_MS;
    this.#main = { pieces, status: announcementOf(view), seq: this.seq, until, answer };
    return this.#main;
  }

  /** The answer, laid out once for all who read it; what is large lags behind for a while. */
  answer(now: number): LiveAnswer {
    const { step = 0, attempt = 0, text = '' } = answerStepFor(this.#viewer, this.#run) ?? {};
    if (this.#answer.step !== step || this.#answer.attempt !== attempt) {
      const { format } = this.#run.request.output;
      const blocks = new AnswerBlocks(isProse({ output_format: format }));
      this.#answer = { step, attempt, blocks, text: '', until: 0 };
    }
    const known = this.#answer;
    const { blocks } = known;
    if (known.text !== text && known.until <= now) {
      blocks.grow(text);
      known.text = text;
      known.until = now + blocks.cost / MARKDOWN_PER_MS;
    }
    const until = known.text === text ? null : known.until;
    return { step, attempt, sealed: blocks.sealed, rest: blocks.rest, cost: blocks.cost, until };
  }

  #next() {
    return this.#log.after(this.#run.seq);
  }
}

function lengthOf(pieces: Pieces): number {
  return pieces.reduce((sum, piece) => {
    return sum + (typeof piece === 'string' ? piece : piece.html).length;
  }, 0);
}

import { AnswerBlocks } from '../../publish/answer-blocks.ts';
import { isProse } from '../../publish/page-answer.ts';
import { applyEvent, foldRun } from '../../run/run.ts';
import type { Run } from '../../run/run.ts';
import { answerStepFor, viewFor } from '../../run/view.ts';
import type { RunView, Viewer } from '../../run/view.ts';
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
}

/** A run that goes on, as one kind of viewer sees it; shared by all who look at its page. */
export class LivePage {
  readonly #log: SqlRunLog;
  readonly #viewer: Viewer;
  #run: Run;
  #view: RunView | null = null;
  #answer = { step: 0, attempt: 0, blocks: new AnswerBlocks(true) };

  constructor(log: SqlRunLog, viewer: Viewer) {
    this.#log = log;
    this.#viewer = viewer;
    this.#run = foldRun(log.read());
  }

  get id(): string {
    return this.#run.id;
  }

  /** Everything that happened until now. */
  catchUp(): void {
    for (let events = this.#next(); events.length > 0; events = this.#next()) {
      this.#run = events.reduce(applyEvent, this.#run);
      this.#view = null;
    }
  }

  get seq(): number {
    return this.#run.seq;
  }

  view(): RunView {
    this.#view ??= viewFor(this.#viewer, this.#run);
    return this.#view;
  }

  answer(): LiveAnswer {
    const { step = 0, attempt = 0, text = '' } = answerStepFor(this.#viewer, this.#run) ?? {};
    const known = this.#answer;
    if (known.step !== step || known.attempt !== attempt) {
      const { format } = this.#run.request.output;
      const blocks = new AnswerBlocks(isProse({ output_format: format }));
      this.#answer = { step, attempt, blocks };
    }
    const { blocks } = this.#answer;
    blocks.grow(text);
    return { step, attempt, sealed: blocks.sealed, rest: blocks.rest, cost: blocks.cost };
  }

  #next() {
    return this.#log.after(this.#run.seq);
  }
}

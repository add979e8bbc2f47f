import type { CompletionRequest } from '../normalize/request.ts';
import { Attempts } from './attempts.ts';
import type { RunEvent } from './event.ts';
import { visibleEvent, type VisibleEvent } from './public-event.ts';
import { nextLoginUse, publicationOf, startedLoginUse, type LoginUse } from './publication.ts';
import type { Viewer } from './view.ts';

/** Whose events, and how the links in them begin. */
export interface EventReader {
  readonly viewer: Viewer;
  /** Scheme, host and port of this server without a slash at the end. */
  readonly origin: string;
}

/**
 * The events of a run as one reader may see them. While it is not decided what the public may see,
 * they are held back, so that none is shown too early and none is lost.
 */
export class VisibleEvents {
  readonly #reader: EventReader;
  readonly #publish: CompletionRequest['publish'];
  readonly #attempts: Attempts;
  #use: LoginUse;
  #held: RunEvent[] = [];

  /** @param known the events that are there already, from the first on */
  constructor(reader: EventReader, known: readonly RunEvent[]) {
    const [first] = known;
    if (first?.type !== 'run-start') throw new TypeError('A run log begins with run-start.');
    this.#reader = reader;
    this.#publish = first.request.publish;
    this.#attempts = new Attempts(known);
    this.#use = known.reduce(nextLoginUse, startedLoginUse(first.request));
  }

  /** Takes the next event; what may be shown of it and of those before, now. */
  take(event: RunEvent): VisibleEvent[] {
    this.#attempts.take(event);
    this.#use = nextLoginUse(this.#use, event);
    this.#held.push(event);
    const publication = publicationOf(this.#publish, this.#use);
    if (this.#reader.viewer === 'public' && publication === 'undecided') return [];
    const scope = { ...this.#reader, publication, attempts: this.#attempts };
    return this.#held.splice(0).flatMap((held) => visibleEvent(held, scope) ?? []);
  }
}

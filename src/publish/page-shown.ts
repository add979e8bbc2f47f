import { Markup, markup } from './markup.ts';

/**
 * What somebody who looks at a page sees already. A page that is renewed leaves it out: where it
 * would stand is an empty element with the same key, marked `data-same`.
 */
export interface Shown {
  /** Whether the answer comes by another way. */
  readonly knowsAnswer: boolean;
  /** The answer as {@link layOutAnswer} gave it before; null to lay it out now. */
  readonly laidOut: Markup | null;
  /** The part, or what stands for it where it is written later. */
  part(key: string, tag: 'li' | 'section', html: Markup): Markup;
}

/** Nothing is seen yet: everything is written. */
export const NOTHING_SHOWN: Shown = {
  knowsAnswer: false,
  laidOut: null,
  part: (_key, _tag, html) => html,
};

/** A part of a page; as long as it does not change it is the same object. */
export interface Part {
  readonly key: string;
  readonly html: string;
  /** What stands for it where it is seen already. */
  readonly same: string;
}

/** A page that was laid out for all who look at it: what stands in it as it is, and its parts. */
export type Pieces = readonly (string | Part)[];

/** No text of a page holds NUL: it is replaced wherever something is escaped. */
// oxlint-disable-next-line no-control-regex -- a character that nothing else can be
const PLACE = /\0([a-z]+(?:-\d+)?)\0/;

/** The parts of a page that is sent again and again, to many; they are laid out and kept once. */
export class SharedParts implements Shown {
  readonly knowsAnswer = true;
  readonly laidOut = null;
  readonly #parts = new Map<string, Part>();

  part(key: string, tag: 'li' | 'section', { html }: Markup): Markup {
    if (this.#parts.get(key)?.html !== html) {
      const empty = markup`<${new Markup(tag)} data-key="${key}" data-same></${new Markup(tag)}>`;
      const same = tag === 'li' ? `${empty.html}\n` : empty.html;
      this.#parts.set(key, { key, html, same });
    }
    return new Markup(`\0${key}\0`);
  }

  /** @param html of a page that was laid out with these parts */
  piecesOf(html: string): Pieces {
    // Between what is split is what the pattern found.
    return html
      .split(PLACE)
      .map((piece, index) => (index % 2 === 0 ? piece : (this.#parts.get(piece) ?? '')));
  }
}

/** What one reader has of the parts of a page. */
export class SentParts {
  readonly #sent = new Map<string, Part>();

  /** The page less the parts that this reader has; from then on they have all of it. */
  take(pieces: Pieces): string {
    return pieces.map((piece) => (typeof piece === 'string' ? piece : this.#part(piece))).join('');
  }

  #part(part: Part): string {
    if (this.#sent.get(part.key) === part) return part.same;
    this.#sent.set(part.key, part);
    return part.html;
  }
}

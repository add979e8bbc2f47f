import { Markup, markup } from './markup.ts';

/**
 * What somebody who looks at a page sees already. A page that is renewed leaves it out: where it
 * would stand is an empty element with the same key, marked `data-same`.
 */
export interface Shown {
  /** Whether the answer comes by another way. */
  readonly knowsAnswer: boolean;
  /** The part, or what stands for it where it has not changed since. */
  part(key: string, tag: 'li' | 'section', html: Markup): Markup;
}

/** Nothing is seen yet: everything is written. */
export const NOTHING_SHOWN: Shown = { knowsAnswer: false, part: (_key, _tag, html) => html };

/** Somebody who is sent a page again and again. */
export class ShownParts implements Shown {
  readonly knowsAnswer = true;
  readonly #parts = new Map<string, string>();

  part(key: string, tag: 'li' | 'section', html: Markup): Markup {
    if (this.#parts.get(key) === html.html) {
      return tag === 'li'
        ? markup`<li data-key="${key}" data-same></li>
`
        : markup`<section data-key="${key}" data-same></section>`;
    }
    this.#parts.set(key, html.html);
    return html;
  }
}

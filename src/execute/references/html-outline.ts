import { htmlTokens } from './html-tokens.ts';
import type { HtmlAttributes } from './html-tokens.ts';

/** What is left of a page when everything but its text and structure is taken away. */
export interface HtmlOutline {
  /** Balanced HTML of a few dozen harmless elements, at most {@link MAX_DEPTH} deep. */
  readonly html: string;
  /** The text of `<title>`, its character references not decoded. */
  readonly title: string;
}

/**
 * The limits that keep every later stage cheap. HTML parsers and tree walkers are quadratic or
 * recursive in depth, and tables are filled up to rows × columns.
 */
const MAX_DEPTH = 48;
const MAX_NESTED_BLOCKS = 8;
const MAX_ELEMENTS = 20_000;
const MAX_COLUMNS = 30;

/** Elements that are no reading matter, with all they hold. */
const DROPPED = new Set(
  'script style nav footer aside form noscript svg math iframe template object canvas audio video textarea select button dialog noembed noframes datalist map'.split(
    ' ',
  ),
);

/** Elements without content; those that mean nothing here are passed over. */
const VOID = new Set(
  'area base br col embed hr img input link meta param source track wbr'.split(' '),
);

/** What each element becomes. An element that is not listed is passed over; its text stays. */
const BECOMES = new Map([
  ...becoming('h1 h2 h3 h4 h5 h6 p ul ol li dl dt dd blockquote pre a'),
  ...becoming('table thead tbody tfoot tr td th'),
  ...becoming('div main article section header address fieldset details figure center', 'div'),
  ...becoming('summary figcaption caption legend', 'p'),
  ...becoming('strong b', 'strong'),
  ...becoming('em i', 'em'),
  ...becoming('del s strike', 'del'),
  ...becoming('code kbd samp tt', 'code'),
]);

function becoming(names: string, as?: string): (readonly [name: string, as: string])[] {
  return names.split(' ').map((name) => [name, as ?? name] as const);
}

const INLINE = new Set(['strong', 'em', 'del', 'code', 'a']);
const NESTING = new Set(['ul', 'ol', 'blockquote', 'dl', 'table']);

/** Before an element opens, the nearest of its kind is closed, but not across its container. */
const ENDS: Readonly<Record<string, { readonly ends: string; readonly within: string }>> = {
  li: { ends: 'li', within: 'ul ol' },
  dt: { ends: 'dt dd', within: 'dl' },
  dd: { ends: 'dt dd', within: 'dl' },
  tr: { ends: 'tr', within: 'table' },
  td: { ends: 'td th', within: 'tr' },
  th: { ends: 'td th', within: 'tr' },
  thead: { ends: 'thead tbody tfoot', within: 'table' },
  tbody: { ends: 'thead tbody tfoot', within: 'table' },
  tfoot: { ends: 'thead tbody tfoot', within: 'table' },
};

interface OpenElement {
  /** Name in the source. */
  readonly name: string;
  /** Name in the outline; empty for what is dropped. */
  readonly as: string;
  /** For `main` and `article`: where its content began. */
  readonly from: { readonly piece: number; readonly letters: number };
  columns: number;
}

/** A part of the page that says of itself that it is the content. */
interface Candidate {
  readonly html: readonly [first: number, end: number];
  readonly letters: number;
  readonly isMain: boolean;
}

/**
 * Reduces a page to its outline: drops scripts, navigation, forms and hidden elements, takes
 * `<main>` or `<article>` alone when it holds most of the text, and turns images into links.
 * Linear in the bytes, whatever they are.
 * @see spec/egress.md EG-16
 */
export function htmlOutline(html: string): HtmlOutline {
  const outline = new Outliner();
  for (const token of htmlTokens(html)) {
    if (token.type === 'text') outline.text(token.text);
    else if (token.type === 'open') outline.open(token.name, token.attributes);
    else outline.close(token.name);
  }
  return outline.finish();
}

class Outliner {
  readonly #pieces: string[] = [];
  readonly #stack: OpenElement[] = [];
  readonly #candidates: Candidate[] = [];
  #title = '';
  #letters = 0;
  #elements = 0;
  #inTitle = false;

  text(text: string): void {
    if (this.#inTitle) {
      if (this.#title === '') this.#title = text.replaceAll('<', '&lt;').trim().slice(0, 300);
    } else if (!this.#isDropping()) {
      this.#pieces.push(text.replaceAll('<', '&lt;'));
      this.#letters += text.trim().length;
    }
  }

  open(name: string, attributes: HtmlAttributes): void {
    this.#inTitle = name === 'title';
    if (this.#inTitle) return;
    if (this.#isDropping()) {
      // Only what may close the dropped element again needs to be known.
      if (name === this.#stack.at(-1)?.name) this.#push(name, '');
    } else if (VOID.has(name)) {
      this.#void(name, attributes);
    } else if (DROPPED.has(name) || isHidden(attributes)) {
      this.#push(name, '');
    } else {
      const as = BECOMES.get(name);
      if (as !== undefined) this.#element(name, as, attributes);
    }
  }

  close(name: string): void {
    this.#inTitle = false;
    const at = this.#stack.findLastIndex((element) => element.name === name);
    if (at !== -1) this.#closeTo(at);
  }

  finish(): HtmlOutline {
    this.#closeTo(0);
    const enough = this.#candidates.filter(({ letters }) => letters * 2 > this.#letters);
    const [best] = enough.toSorted(
      (one, two) => Number(two.isMain) - Number(one.isMain) || two.letters - one.letters,
    );
    const pieces = best === undefined ? this.#pieces : this.#pieces.slice(...best.html);
    return { html: pieces.join(''), title: this.#title };
  }

  #isDropping(): boolean {
    return this.#stack.at(-1)?.as === '';
  }

  #void(name: string, attributes: HtmlAttributes): void {
    if (name === 'br' || name === 'hr') {
      if (name === 'hr') this.#closeInline();
      this.#emit(`<${name}>`);
    } else if (name === 'img' && !isHidden(attributes)) {
      const alt = (attributes.get('alt') ?? '').replaceAll('<', '&lt;').trim();
      const src = attributes.get('src') ?? '';
      if (alt === '') return;
      const isLinked = this.#stack.some(({ as }) => as === 'a');
      this.#emit(isLinked || src === '' ? alt : `<a href="${quoted(src)}">${alt}</a>`);
    }
  }

  #element(name: string, as: string, attributes: HtmlAttributes): void {
    if (INLINE.has(as)) {
      if (as === 'a') this.#closeNearest(['a'], []);
      if (this.#stack.some((element) => element.as === as)) return;
    } else {
      // A card's `<h2><div>…</div></h2>` stays a heading.
      if (as === 'div' && this.#stack.some((element) => /^h\d$/.test(element.as))) return;
      this.#closeInline();
      const rule = ENDS[as];
      if (rule !== undefined) this.#closeNearest(rule.ends.split(' '), rule.within.split(' '));
    }
    if (!this.#hasRoom(as)) {
      this.#pieces.push(' ');
      return;
    }
    this.#elements += 1;
    this.#pieces.push(`<${as}${keptAttributes(as, attributes)}>`);
    this.#push(name, as);
  }

  /** Whether one more of these still leads to a tree that is cheap to walk and print. */
  #hasRoom(as: string): boolean {
    const depth = this.#stack.length;
    if (depth >= MAX_DEPTH || this.#elements >= MAX_ELEMENTS) return false;
    if (NESTING.has(as)) {
      return this.#stack.filter((element) => NESTING.has(element.as)).length < MAX_NESTED_BLOCKS;
    }
    if (as === 'td' || as === 'th') {
      const row = this.#stack.at(-1);
      if (row?.as !== 'tr' || row.columns >= MAX_COLUMNS) return false;
      row.columns += 1;
    }
    return ENDS[as]?.within !== 'table' || this.#stack.some((element) => element.as === 'table');
  }

  /** A block ends running text, so that no parser has to repeat what was left open. */
  #closeInline(): void {
    const at = this.#stack.findLastIndex(({ as }) => as === 'a' || !(INLINE.has(as) || as === 'p'));
    this.#closeTo(at + 1);
  }

  #closeNearest(names: readonly string[], within: readonly string[]): void {
    const at = this.#stack.findLastIndex(({ as }) => names.includes(as) || within.includes(as));
    const found = this.#stack[at];
    if (found !== undefined && names.includes(found.as)) this.#closeTo(at);
  }

  #push(name: string, as: string): void {
    const from = { piece: this.#pieces.length, letters: this.#letters };
    this.#stack.push({ name, as, from, columns: 0 });
  }

  #closeTo(depth: number): void {
    while (this.#stack.length > depth) {
      const element = this.#stack.pop();
      if (element === undefined || element.as === '') continue;
      const { name, from } = element;
      if (name === 'main' || name === 'article') {
        const html = [from.piece, this.#pieces.length] as const;
        const letters = this.#letters - from.letters;
        this.#candidates.push({ html, letters, isMain: name === 'main' });
      }
      this.#pieces.push(`</${element.as}>`);
    }
  }

  #emit(html: string): void {
    if (this.#elements < MAX_ELEMENTS) this.#pieces.push(html);
    this.#elements += 1;
  }
}

function isHidden(attributes: HtmlAttributes): boolean {
  return (
    attributes.has('hidden') ||
    attributes.get('aria-hidden')?.toLowerCase() === 'true' ||
    /display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden/i.test(
      attributes.get('style') ?? '',
    )
  );
}

function keptAttributes(as: string, attributes: HtmlAttributes): string {
  if (as === 'a') return ` href="${quoted(attributes.get('href') ?? '')}"`;
  const language = /\blanguage-([\w+-]{1,30})/.exec(attributes.get('class') ?? '');
  if (as === 'code' && language !== null) return ` class="language-${language[1]}"`;
  const start = attributes.get('start') ?? '';
  return as === 'ol' && /^\d{1,6}$/.test(start) ? ` start="${start}"` : '';
}

function quoted(value: string): string {
  return value.trim().slice(0, 2000).replaceAll('"', '&quot;');
}

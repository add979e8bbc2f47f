import type { Stretch } from './analysis.ts';
import { element } from './element.ts';

/** A stretch of the text that looks different; kinds are names of classes. */
export interface Mark extends Stretch {
  readonly kind: string;
}

/** One line behind the text area. */
interface Line {
  readonly text: string;
  readonly node: HTMLElement;
  /** Offsets are those of the line. */
  marks: readonly Mark[];
}

/**
 * The same text behind a text area whose background is clear: it carries the underlines, which a
 * text area cannot have, and its height is the text area's. Lines are elements of their own, so that
 * a keystroke in a long document lays out one line and not all.
 */
export class Mirror {
  readonly #area: HTMLTextAreaElement;
  readonly #node = element('div', { class: 'mirror', 'aria-hidden': 'true' });
  #lines: Line[] = [];

  /** Wraps the text area, which keeps its place in the page. */
  constructor(area: HTMLTextAreaElement) {
    this.#area = area;
    const paper = element('div', { class: 'paper' });
    area.replaceWith(element('div', { class: 'sheet' }, paper));
    paper.append(this.#node, area);
    this.show();
  }

  /** Takes over the text of the area; marks stay where nothing changed. */
  show(): void {
    const texts = this.#area.value.split('\n');
    const known = this.#lines;
    const { head, tail } = commonEnds(
      known.map(({ text }) => text),
      texts,
    );
    const old = known.slice(head, known.length - tail);
    const fresh = texts.slice(head, texts.length - tail).map(lineOf);
    if (old.length === 1 && fresh.length === 1) carry(old[0], fresh[0]);
    const next = known[known.length - tail]?.node ?? null;
    for (const { node } of old) node.remove();
    const added = document.createDocumentFragment();
    added.append(...fresh.map(({ node }) => node));
    this.#node.insertBefore(added, next);
    this.#lines = [...known.slice(0, head), ...fresh, ...known.slice(known.length - tail)];
  }

  /** Draws exactly these marks; offsets are those of the whole text. */
  mark(marks: readonly Mark[]): void {
    const sorted = marks.toSorted((a, b) => a.start - b.start);
    let start = 0;
    for (const line of this.#lines) {
      const end = start + line.text.length;
      const own = sorted
        .filter((mark) => mark.start <= end && mark.end >= start)
        .map(({ kind, ...mark }) => ({
          kind,
          start: Math.max(mark.start - start, 0),
          end: Math.min(mark.end, end) - start,
        }))
        .filter((mark) => mark.end > mark.start);
      if (!sameMarks(own, line.marks)) {
        line.marks = own;
        draw(line);
      }
      start = end + 1;
    }
  }

  /** Brings the line of an offset into sight. */
  reveal(offset: number): void {
    const line = this.#area.value.slice(0, offset).split('\n').length - 1;
    this.#lines[line]?.node.scrollIntoView({ block: 'center', behavior: 'instant' });
  }
}

function lineOf(text: string): Line {
  const line = { text, node: element('div'), marks: [] };
  draw(line);
  return line;
}

/** How much of two sequences is the same at their beginnings and at their ends, without overlap. */
function commonEnds(one: ArrayLike<string>, other: ArrayLike<string>) {
  const most = Math.min(one.length, other.length);
  let head = 0;
  while (head < most && one[head] === other[head]) head += 1;
  let tail = 0;
  const isSame = () => one[one.length - 1 - tail] === other[other.length - 1 - tail];
  while (tail < most - head && isSame()) tail += 1;
  return { head, tail };
}

/** A line that was edited keeps its marks at both sides of the edit. */
function carry(old: Line | undefined, line: Line | undefined): void {
  if (old === undefined || line === undefined) return;
  const { head, tail } = commonEnds(old.text, line.text);
  const moved = line.text.length - old.text.length;
  line.marks = old.marks.flatMap((mark) => {
    if (mark.end <= head) return [mark];
    if (mark.start < old.text.length - tail) return [];
    return [{ ...mark, start: mark.start + moved, end: mark.end + moved }];
  });
  draw(line);
}

function draw({ text, node, marks }: Line): void {
  if (text === '') return node.replaceChildren(element('br'));
  const edges = [0, text.length, ...marks.flatMap(({ start, end }) => [start, end])];
  const sorted = [...new Set(edges)].toSorted((a, b) => a - b);
  const pieces = sorted.slice(1).map((end, index) => {
    const start = sorted[index] ?? 0;
    const over = marks.filter((mark) => mark.start <= start && mark.end >= end);
    const piece = text.slice(start, end);
    const kinds = over.map(({ kind }) => kind).join(' ');
    return over.length === 0 ? piece : element('span', { class: kinds }, piece);
  });
  return node.replaceChildren(...pieces);
}

function sameMarks(one: readonly Mark[], other: readonly Mark[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ kind, start, end }, index) => {
      const mark = other[index];
      return mark?.kind === kind && mark.start === start && mark.end === end;
    })
  );
}

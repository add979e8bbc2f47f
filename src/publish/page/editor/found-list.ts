import type { Analysis, FoundProblem } from './analysis.ts';
import { announce, element, pressable } from './element.ts';

/** Problems that are listed; more than these nobody reads before they mend the first. */
const MOST = 50;

/** Milliseconds after the last change until a screen reader is told. */
const CALM_MS = 1200;

const NOTHING = 'No problems';

const WORDS = { error: 'Error', warning: 'Warning', info: 'Note' } as const;

/** The list of problems beneath the document, and its summary for screen readers. */
export class FoundList {
  readonly #area: HTMLTextAreaElement;
  readonly #section: HTMLElement;
  readonly #jump: (start: number, end: number) => void;
  #said = NOTHING;
  #timer = 0;

  constructor(
    area: HTMLTextAreaElement,
    section: HTMLElement,
    jump: (start: number, end: number) => void,
  ) {
    this.#area = area;
    this.#section = section;
    this.#jump = jump;
  }

  show({ problems: all, text }: Analysis): void {
    // Nobody has to be told that a document that was not begun yet is empty.
    const problems = text.trim() === '' ? [] : all;
    const items = problems.slice(0, MOST).map((problem) => this.#item(problem));
    const left = problems.length - items.length;
    const more = left > 0 ? element('p', { class: 'quiet' }, `… and ${left} more`) : null;
    const list = element('ul', { class: 'found', role: 'list' }, ...items);
    const parts = [items.length === 0 ? null : list, more].filter((part) => part !== null);
    this.#section.replaceChildren(...parts);
    this.#section.hidden = items.length === 0;
    this.#mark(problems);
    this.#say(countsOf(problems) || NOTHING);
  }

  #item({ severity, message, code, at, stretch }: FoundProblem): HTMLElement {
    const place = at === null ? null : `Line ${at.line}, column ${at.column}`;
    const jump =
      place === null || stretch === null
        ? null
        : pressable(place, () => this.#jump(stretch.start, stretch.end), { class: 'place' });
    const word = element('strong', {}, WORDS[severity]);
    const text = element('span', { dir: 'auto', class: 'said' }, message);
    return element('li', { class: severity }, word, jump, text, element('code', {}, code));
  }

  #mark(problems: readonly FoundProblem[]): void {
    const isInvalid = problems.some(({ severity }) => severity === 'error');
    this.#area.toggleAttribute('aria-invalid', isInvalid);
    if (isInvalid) this.#area.setAttribute('aria-invalid', 'true');
    const described = problems.length === 0 ? 'hint' : `${this.#section.id} hint`;
    this.#area.setAttribute('aria-describedby', described);
  }

  /** Not with every key: what is half written is wrong most of the time. */
  #say(counts: string): void {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      if (this.#said !== counts) announce(counts);
      this.#said = counts;
    }, CALM_MS);
  }
}

/** Such as `2 errors, 1 warning`; empty without problems. */
export function countsOf(problems: readonly FoundProblem[]): string {
  return (['error', 'warning', 'info'] as const)
    .flatMap((severity) => {
      const count = problems.filter((problem) => problem.severity === severity).length;
      const word = WORDS[severity].toLowerCase();
      return count === 0 ? [] : [`${count} ${word}${count === 1 ? '' : 's'}`];
    })
    .join(', ');
}

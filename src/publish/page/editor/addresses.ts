import { addressRows } from './address-list.ts';
import type { Analysis } from './analysis.ts';
import type { Editor } from './editor.ts';
import { ComingBack } from './coming-back.ts';
import { announce, element, pressable, replaceRows } from './element.ts';
import { inspect } from './inspection.ts';
import type { Inspected } from './inspection.ts';

/** Milliseconds without a change until the server is asked by itself. */
const PAUSE_MS = 1500;

/** How often the server is asked by itself when the reader comes back, from one Check to the next. */
const MOST_RETURNS = 10;

/** What the section of addresses is made of. */
export interface AddressesOptions {
  readonly editor: Editor;
  readonly section: HTMLElement;
  readonly area: HTMLTextAreaElement;
  /** Whether the document came from somebody else. */
  readonly isSuggested: () => boolean;
  readonly jump: (start: number, end: number) => void;
  /** Told when more is known. */
  readonly onInspected: () => void;
}

/**
 * What each address was taken for, and what the server says of it. The server is asked when the
 * reader presses Check, and by itself after a pause in typing; never because a page was opened, and
 * never by itself about what somebody else suggests: opening a link must not make this server call
 * addresses that the link chose.
 */
export class Addresses {
  readonly #options: AddressesOptions;
  readonly #inspected = new Map<string, Inspected>();
  readonly #check: HTMLButtonElement;
  readonly #list = element('div');
  readonly #trouble = element('p', { class: 'fault', role: 'alert' });
  #isChecking = false;
  /** The document for which Check was pressed while something was asked already. */
  #wanted: string | null = null;
  #hasTyped = false;
  #timer = 0;
  /** The document for which the reader pressed Check. */
  #agreed: string | null = null;
  readonly #comingBack = new ComingBack(() => this.#askAgain());

  constructor(options: AddressesOptions) {
    this.#options = options;
    this.#check = pressable('Check', () => void this.#ask(true), { class: 'plain small' });
    const heading = element('h2', { id: 'addresses-title' }, 'Addresses');
    const head = element('div', { class: 'headline' }, heading, this.#check);
    options.section.append(head, this.#trouble, this.#list);
    // A draft that comes back changes the text too, and nobody typed.
    for (const act of ['keydown', 'paste', 'drop']) {
      options.area.addEventListener(act, () => {
        this.#hasTyped = true;
      });
    }
    options.editor.onAnalysis(() => this.#changed());
  }

  /** What is known about an address, if the server was asked. */
  about(url: string): Inspected | undefined {
    return this.#inspected.get(url);
  }

  #changed(): void {
    this.#show();
    window.clearTimeout(this.#timer);
    if (!this.#hasTyped || this.#options.isSuggested()) return;
    this.#timer = window.setTimeout(() => {
      if (this.#unknown().length > 0) void this.#ask(false);
    }, PAUSE_MS);
  }

  /** Addresses nobody was asked about yet; one that is just being written is not whole. */
  #unknown(): readonly string[] {
    const caret = this.#options.area.selectionEnd;
    return (this.#options.editor.analysis()?.addresses ?? [])
      .filter(({ as, stretch }) => as !== 'ignored' && stretch?.end !== caret)
      .map(({ url }) => url)
      .filter((url) => !this.#inspected.has(url));
  }

  async #ask(withLogins: boolean): Promise<void> {
    const text = this.#options.editor.text();
    if (this.#isChecking) {
      if (withLogins) this.#wanted = text;
      return;
    }
    if (withLogins) {
      this.#inspected.clear();
      this.#agreed = text;
    }
    await this.#askServer(withLogins);
    this.#comingBack.allow(MOST_RETURNS);
    if (withLogins) this.#tell();
  }

  /**
   * Who comes back may have logged in meanwhile. Their logins go along only where they pressed Check
   * for the same document: what was pasted since must get nothing before they look at it.
   */
  async #askAgain(): Promise<void> {
    const known = [...this.#inspected.values()];
    const waits = known.some((each) => each.needsLogin && each.canLogin && !each.hasLogin);
    if (!waits || this.#isChecking || this.#options.isSuggested()) return;
    const before = this.#answers();
    await this.#askServer(this.#agreed === this.#options.editor.text());
    if (this.#answers() !== before) this.#tell();
  }

  async #askServer(withLogins: boolean): Promise<void> {
    this.#isChecking = true;
    this.#trouble.textContent = '';
    this.#show();
    const { editor, isSuggested, onInspected } = this.#options;
    try {
      const wish = { prompt: editor.text(), isSuggested: isSuggested(), withLogins };
      for (const found of await inspect(wish)) this.#inspected.set(found.url, found);
    } catch (error) {
      this.#trouble.textContent = error instanceof Error ? error.message : 'Nothing came back.';
    }
    this.#isChecking = false;
    this.#show();
    onInspected();
    const isWanted = this.#wanted === editor.text();
    this.#wanted = null;
    if (isWanted) await this.#ask(true);
  }

  #tell(): void {
    announce(this.#trouble.textContent || this.#answers());
  }

  #answers(): string {
    const known = [...this.#inspected.values()];
    return `${known.filter(({ ok }) => ok).length} of ${known.length} addresses answer`;
  }

  #show(): void {
    const { section, editor, jump } = this.#options;
    const analysis: Analysis | null = editor.analysis();
    const isEmpty = analysis === null || analysis.addresses.length === 0;
    section.hidden = isEmpty;
    if (isEmpty) return;
    // A button that is switched off would drop the focus of who pressed it.
    this.#check.setAttribute('aria-disabled', String(this.#isChecking));
    this.#check.hidden = analysis.addresses.every(({ as }) => as === 'ignored');
    const facts = { inspected: this.#inspected, isChecking: this.#isChecking, jump };
    replaceRows(this.#list, this.#check, addressRows(analysis, facts));
  }
}

import { ago, draftTitle } from './drafts.ts';
import type { Draft, Drafts } from './drafts.ts';
import type { Editor } from './editor.ts';
import { announce, element, pressable } from './element.ts';

/** Milliseconds without a keystroke until a draft is kept. */
const PAUSE_MS = 400;

/** What the drafts of the page are made of. */
export interface DraftsOptions {
  readonly drafts: Drafts;
  readonly editor: Editor;
  readonly section: HTMLElement;
  /** Whether the address, or the server, filled the page: then no draft takes its place. */
  readonly isFilled: boolean;
  readonly isSuggested: () => boolean;
  /** Says over the document that somebody else wrote it, or no longer. */
  readonly setSuggested: (isSuggested: boolean) => void;
}

/** Keeps what is typed, shows the last draft on an empty page, and lists the others. */
export function startDrafts(options: DraftsOptions): void {
  const shown = new ShownDrafts(options);
  const [last] = options.drafts.all();
  if (options.isFilled || last === undefined) shown.show();
  else shown.open(last);
}

class ShownDrafts implements Listed {
  readonly #options: DraftsOptions;
  #current: string;
  #timer = 0;
  #isKept = true;

  constructor(options: DraftsOptions) {
    this.#options = options;
    // Back from the server with its problems, it is still the draft that was sent.
    const text = options.editor.text();
    this.#current = options.drafts.all().find((draft) => draft.text === text)?.id ?? newId();
    options.editor.onChange(() => {
      window.clearTimeout(this.#timer);
      this.#isKept = false;
      this.#timer = window.setTimeout(() => this.#keep(), PAUSE_MS);
    });
    // Who closes the tab right after the last key loses nothing.
    window.addEventListener('pagehide', () => {
      if (!this.#isKept) this.#keep();
    });
  }

  get current(): string {
    return this.#current;
  }

  /** Without undo: it could bring a suggested document back as one's own. */
  open({ id, text, isSuggested }: Draft): void {
    this.#options.editor.fill(text);
    this.#options.setSuggested(isSuggested);
    this.#settle(id);
  }

  begin(): void {
    this.#options.editor.fill('');
    this.#options.setSuggested(false);
    this.#settle(newId());
    announce('A new, empty document');
  }

  remove({ id, text }: Draft): void {
    this.#options.drafts.remove(id);
    if (id === this.#current) this.#settle(newId());
    else this.show();
    announce(`Deleted ${draftTitle(text)}`);
    this.#options.section.querySelector('summary')?.focus();
  }

  show(): void {
    const { drafts, section } = this.#options;
    const all = drafts.all();
    section.hidden = all.length === 0;
    listIn(section, all, this);
  }

  #keep(): void {
    const { drafts, editor, isSuggested } = this.#options;
    const [id, text] = [this.#current, editor.text()];
    if (text.trim() === '') drafts.remove(id);
    else drafts.keep({ id, text, at: Date.now(), isSuggested: isSuggested() });
    this.#settle(id);
  }

  /** What the page shows is this draft, and there is nothing to keep. */
  #settle(id: string): void {
    window.clearTimeout(this.#timer);
    this.#isKept = true;
    this.#current = id;
    this.show();
  }
}

/** What the list can do, and which draft is in the page. */
interface Listed {
  readonly current: string;
  open(draft: Draft): void;
  begin(): void;
  remove(draft: Draft): void;
}

function listIn(section: HTMLElement, drafts: readonly Draft[], listed: Listed): void {
  const now = Date.now();
  const rows = drafts.map((draft) => {
    const title = draftTitle(draft.text);
    const mark: Record<string, string> =
      draft.id === listed.current ? { 'aria-current': 'true' } : {};
    return element(
      'li',
      {},
      pressable(title, () => listed.open(draft), { class: 'draft', dir: 'auto', ...mark }),
      element('span', { class: 'quiet' }, ago(draft.at, now)),
      pressable('Delete', () => listed.remove(draft), {
        class: 'place',
        'aria-label': `Delete draft ${title}`,
      }),
    );
  });
  const wasOpen = section.querySelector('details')?.open === true;
  const summary = element('summary', {}, `Drafts in this browser (${drafts.length})`);
  const list = element('ul', { class: 'drafts', role: 'list' }, ...rows);
  const fresh = pressable('New document', () => listed.begin(), { class: 'plain small' });
  const details = element('details', {}, summary, list, fresh);
  details.open = wasOpen;
  section.replaceChildren(details);
}

/** Only tells drafts of one browser apart. */
function newId(): string {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
}

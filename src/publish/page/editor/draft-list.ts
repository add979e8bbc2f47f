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
  const { drafts, editor, section, isFilled, isSuggested, setSuggested } = options;
  const [last] = drafts.all();
  let current = newId();
  let timer = 0;

  const keep = () => {
    window.clearTimeout(timer);
    const text = editor.text();
    if (text.trim() === '') drafts.remove(current);
    else drafts.keep({ id: current, text, at: Date.now(), isSuggested: isSuggested() });
    show();
  };
  const open = (draft: Draft) => {
    setSuggested(draft.isSuggested);
    editor.replace(0, editor.text().length, draft.text);
    current = draft.id;
    window.clearTimeout(timer);
    show();
  };
  const begin = () => {
    editor.replace(0, editor.text().length, '');
    setSuggested(false);
    current = newId();
    window.clearTimeout(timer);
    show();
    announce('A new, empty document');
  };
  const remove = ({ id, text }: Draft) => {
    drafts.remove(id);
    if (id === current) current = newId();
    show();
    announce(`Deleted ${draftTitle(text)}`);
    section.querySelector('summary')?.focus();
  };
  function show(): void {
    const others = drafts.all();
    section.hidden = others.length === 0;
    listIn(section, { others, current, open, begin, remove });
  }

  editor.onChange(() => {
    window.clearTimeout(timer);
    timer = window.setTimeout(keep, PAUSE_MS);
  });
  // Who closes the tab right after the last key loses nothing.
  window.addEventListener('pagehide', () => {
    if (timer !== 0 && editor.text() !== '') keep();
  });
  if (!isFilled && last !== undefined) open(last);
  show();
}

interface Listed {
  readonly others: readonly Draft[];
  readonly current: string;
  readonly open: (draft: Draft) => void;
  readonly begin: () => void;
  readonly remove: (draft: Draft) => void;
}

function listIn(section: HTMLElement, { others, current, open, begin, remove }: Listed): void {
  const now = Date.now();
  const rows = others.map((draft) => {
    const title = draftTitle(draft.text);
    const mark: Record<string, string> = draft.id === current ? { 'aria-current': 'true' } : {};
    return element(
      'li',
      {},
      pressable(title, () => open(draft), { class: 'draft', dir: 'auto', ...mark }),
      element('span', { class: 'quiet' }, ago(draft.at, now)),
      pressable('Delete', () => remove(draft), {
        class: 'place',
        'aria-label': `Delete draft ${title}`,
      }),
    );
  });
  const wasOpen = section.querySelector('details')?.open === true;
  const summary = element('summary', {}, `Drafts in this browser (${others.length})`);
  const list = element('ul', { class: 'drafts', role: 'list' }, ...rows);
  const fresh = pressable('New document', begin, { class: 'plain small' });
  const details = element('details', {}, summary, list, fresh);
  details.open = wasOpen;
  section.replaceChildren(details);
}

/** Only tells drafts of one browser apart. */
function newId(): string {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
}

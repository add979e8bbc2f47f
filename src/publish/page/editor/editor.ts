import type { Analysis, FoundSetting } from './analysis.ts';

/** The document as it is being written: what the parts of the page share. */
export interface Editor {
  /** The text as it is now. */
  text(): string;
  /** Replaces a stretch, as one step that the browser can undo, and leaves the focus in the text. */
  replace(from: number, to: number, text: string): void;
  /** Takes another document in place of this one, without the focus and without undo. */
  fill(text: string): void;
  /** Tells of every change of the text. */
  onChange(listener: () => void): void;
  /** What the text meant when it was last read; null until it has been. It may be a moment old. */
  analysis(): Analysis | null;
  /** Tells when the text has been read anew. */
  onAnalysis(listener: (analysis: Analysis) => void): void;
  /** The settings of the frontmatter with their places; empty until the text has been read. */
  settings(): readonly FoundSetting[];
  /** Puts the caret at an offset, or selects up to another one, and brings it into sight. */
  select(from: number, to?: number): void;
}

/** The editor of a text area, and the way to tell it what its text means. */
export interface EditorParts {
  readonly editor: Editor;
  /** Told by the parser. */
  readonly analysed: (analysis: Analysis) => void;
}

export function createEditor(area: HTMLTextAreaElement): EditorParts {
  const onChange: (() => void)[] = [];
  const onAnalysis: ((analysis: Analysis) => void)[] = [];
  let latest: Analysis | null = null;
  area.addEventListener('input', () => onChange.forEach((listener) => listener()));
  const editor: Editor = {
    text: () => area.value,
    replace: (from, to, text) => replaceIn(area, { from, to, text }),
    fill: (text) => {
      area.value = text;
      area.dispatchEvent(new Event('input', { bubbles: true }));
    },
    onChange: (listener) => void onChange.push(listener),
    analysis: () => latest,
    onAnalysis: (listener) => void onAnalysis.push(listener),
    settings: () => latest?.settings ?? [],
    select: (from, to = from) => {
      area.focus({ preventScroll: true });
      area.setSelectionRange(from, to);
    },
  };
  const analysed = (analysis: Analysis) => {
    latest = analysis;
    onAnalysis.forEach((listener) => listener(analysis));
  };
  return { editor, analysed };
}

/**
 * `execCommand` is the one way that keeps the browser's undo; where it does nothing the text is
 * replaced anyway.
 */
function replaceIn(
  area: HTMLTextAreaElement,
  { from, to, text }: { from: number; to: number; text: string },
): void {
  const wanted = area.value.slice(0, from) + text + area.value.slice(to);
  if (wanted === area.value) return;
  area.focus({ preventScroll: true });
  area.setSelectionRange(from, to);
  const done =
    text === ''
      ? window.document.execCommand('delete')
      : window.document.execCommand('insertText', false, text);
  if (done && area.value === wanted) return;
  area.value = wanted;
  area.setSelectionRange(from + text.length, from + text.length);
  area.dispatchEvent(new Event('input', { bubbles: true }));
}

/** The editor's page, built as `/assets/editor.js`. Without it the page is a form that works. */
import { Addresses } from './addresses.ts';
import type { Analysis, EditorContext } from './analysis.ts';
import { startDrafts } from './draft-list.ts';
import { Drafts } from './drafts.ts';
import { createEditor } from './editor.ts';
import { countsOf, FoundList } from './found-list.ts';
import { tokens } from './figures.ts';
import { Mirror } from './mirror.ts';
import type { Mark } from './mirror.ts';
import { startModelPicker } from './model-picker.ts';
import { startParser } from './parser.ts';
import { startRunning } from './running.ts';
import { startServerDialog } from './server-dialog.ts';
import { suggestion } from './suggestion.ts';

begin();

function begin(): void {
  const form = document.querySelector<HTMLFormElement>('form.editor');
  const area = document.querySelector<HTMLTextAreaElement>('#document');
  if (form !== null && area !== null) start(form, area);
}

function start(form: HTMLFormElement, area: HTMLTextAreaElement): void {
  const { parser: address = '', context = '{}' } = form.dataset;
  const { editor, analysed } = createEditor(area);
  const isFilled = area.value !== '';
  const mirror = new Mirror(area);
  const suggested = suggestion(form);
  const jump = (from: number, to: number) => {
    editor.select(from, to);
    mirror.reveal(from);
  };
  const problems = part('problems');
  // Without scripts they are above the document, where they are seen first.
  form.append(problems);
  const found = new FoundList(area, problems, jump);
  const figures = part('figures');
  const addresses = new Addresses({
    editor,
    area,
    section: part('addresses'),
    isSuggested: () => suggested.is(),
    jump,
    onInspected: () => figuresIn(figures, editor.analysis(), addresses),
  });
  editor.onChange(() => mirror.show());
  editor.onAnalysis((analysis) => {
    mirror.mark(marksOf(analysis));
    found.show(analysis);
    figuresIn(figures, analysis, addresses);
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own page wrote it
  const known = JSON.parse(context) as EditorContext;
  const parser = startParser(address, known, analysed);
  editor.onChange(() => parser.read(editor.text()));
  startModelPicker(editor);
  startServerDialog(editor);
  startRunning(form, area);
  startDrafts({
    drafts: new Drafts(draftPlace()),
    editor,
    section: part('drafts'),
    isFilled,
    isSuggested: () => suggested.is(),
    setSuggested: (is) => suggested.set(is),
  });
  parser.read(editor.text(), true);
}

/** A part of the page that scripts fill. */
function part(id: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(`#${id}`);
  if (found === null) throw new TypeError(`The page has no #${id}.`);
  return found;
}

/** A browser may keep nothing, and says so by throwing. */
function draftPlace(): Pick<Storage, 'getItem' | 'setItem'> {
  try {
    return window.localStorage;
  } catch {
    return { getItem: () => null, setItem: () => undefined };
  }
}

function marksOf({ problems, addresses }: Analysis): Mark[] {
  return [
    ...addresses.flatMap(({ stretch, as }) =>
      stretch === null ? [] : [{ ...stretch, kind: `at-${as}` }],
    ),
    ...problems.flatMap(({ stretch, severity }) =>
      stretch === null ? [] : [{ ...stretch, kind: `has-${severity}` }],
    ),
  ];
}

/** How much the prompt is before the first step, as far as it is known. */
function figuresIn(shown: HTMLElement, analysis: Analysis | null, addresses: Addresses): void {
  if (analysis === null) return;
  const { promptTokens, problems, model } = analysis;
  const asked = analysis.addresses.filter(({ as }) => as !== 'ignored');
  const more = asked.map(({ url }) => addresses.about(url)?.tokens ?? null);
  const known = more.reduce<number>((sum, each) => sum + (each ?? 0), promptTokens ?? 0);
  const isWhole = more.every((each) => each !== null);
  const amount = `${tokens(known)}${isWhole ? '' : ' or more'}`;
  const isBegun = analysis.text.trim() !== '';
  const parts = [
    isBegun ? countsOf(problems) : '',
    model?.replace(/^([^/]+)\/\1$/, '$1') ?? '',
    promptTokens === null ? '' : amount,
  ];
  shown.textContent = parts.filter((text) => text !== '').join(' · ');
}

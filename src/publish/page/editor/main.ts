/** The editor's page, built as `/assets/editor.js`. Without it the page is a form that works. */
import type { EditorContext } from './analysis.ts';
import { createEditor } from './editor.ts';
import { startModelPicker } from './model-picker.ts';
import { startParser } from './parser.ts';
import { startServerDialog } from './server-dialog.ts';

begin();

function begin(): void {
  const form = document.querySelector<HTMLFormElement>('form.editor');
  const area = document.querySelector<HTMLTextAreaElement>('#document');
  if (form !== null && area !== null) start(form, area);
}

function start(form: HTMLFormElement, area: HTMLTextAreaElement): void {
  const { parser: address = '', context = '{}' } = form.dataset;
  const { editor, analysed } = createEditor(area);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own page wrote it
  const known = JSON.parse(context) as EditorContext;
  const parser = startParser(address, known, analysed);
  editor.onChange(() => parser.read(editor.text()));
  parser.read(editor.text(), true);
  startModelPicker(editor);
  startServerDialog(editor);
}

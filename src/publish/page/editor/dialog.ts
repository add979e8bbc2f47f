import { isObject } from '../../../protocol/json.ts';
import { element, pressable } from './element.ts';

/** A dialog with a heading and a way out; Escape and a press beside it close it too. */
export function dialog(title: string, ...content: readonly Node[]): HTMLDialogElement {
  const id = `${title.toLowerCase().replaceAll(/\W+/g, '-')}-title`;
  const made = element('dialog', { class: 'dialog', 'aria-labelledby': id });
  const close = pressable('Close', () => made.close(), { class: 'plain small' });
  made.append(
    element('div', { class: 'headline' }, element('h2', { id }, title), close),
    ...content,
  );
  made.addEventListener('click', ({ target }) => {
    if (target === made) made.close();
  });
  document.body.append(made);
  return made;
}

/** A button of the toolbar that opens a dialog. */
export function opener(label: string, open: () => void): HTMLButtonElement {
  const button = pressable(label, open, { class: 'plain small', 'aria-haspopup': 'dialog' });
  document.querySelector('#toolbar')?.append(button);
  return button;
}

/**
 * What the server tells its reader as JSON.
 * @throws Error whose message can be shown
 */
export async function listFrom(
  path: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const response = await window.fetch(path, { headers: { Accept: 'application/json' } });
  if (response.status === 401) throw new Error('Sign in to see them.');
  const answer: unknown = response.ok ? await response.json() : null;
  const data = isObject(answer) ? answer['data'] : null;
  if (!Array.isArray(data)) throw new Error('The server did not tell them.');
  return data.filter(isObject);
}

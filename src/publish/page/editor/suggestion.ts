import { element } from './element.ts';

/** Whether somebody else wrote the document: then it runs with nothing that is its reader's. */
export interface Suggestion {
  is(): boolean;
  set(isSuggested: boolean): void;
}

/** The form's own field says it, so that a page without scripts says it too. */
export function suggestion(form: HTMLFormElement): Suggestion {
  const field = () => form.querySelector<HTMLInputElement>('input[name="suggested"]');
  const notice = document.querySelector<HTMLElement>('#suggested');
  return {
    is: () => field() !== null,
    set: (isSuggested) => {
      field()?.remove();
      if (isSuggested) {
        form.prepend(element('input', { type: 'hidden', name: 'suggested', value: '1' }));
      }
      if (notice !== null) notice.hidden = !isSuggested;
    },
  };
}

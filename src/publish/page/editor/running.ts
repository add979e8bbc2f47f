import { element } from './element.ts';

/** Ctrl-Enter and Cmd-Enter run, once. */
export function startRunning(form: HTMLFormElement, area: HTMLTextAreaElement): void {
  let isSent = false;
  form.querySelector('[type=submit]')?.after(keys());
  area.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener('submit', (event) => {
    // A second press while the first is on its way would be a second run.
    if (isSent) event.preventDefault();
    isSent = true;
    form.setAttribute('aria-busy', 'true');
  });
  // Back from the run, the page may be the one that was left.
  window.addEventListener('pageshow', () => {
    isSent = false;
    form.removeAttribute('aria-busy');
  });
}

/** The keys that run, for who has a keyboard. */
function keys(): HTMLElement {
  const first = /Mac|iPhone|iPad/.test(window.navigator.userAgent) ? '⌘' : 'Ctrl';
  const [one, other] = [element('kbd', {}, first), element('kbd', {}, 'Enter')];
  return element('span', { class: 'keys' }, one, ' ', other);
}

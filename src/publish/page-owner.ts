import { isTerminal } from '../run/run.ts';
import type { RunView } from '../run/view.ts';
import { Markup, markup } from './markup.ts';
import { buttonForm } from './page-form.ts';
import { pathOf, type RunUrls } from './run-urls.ts';

/** What only the owner of a run can do with it; each asks once more before it does it. */
export function ownerHtml(view: RunView, urls: RunUrls): Markup | null {
  if (view.viewer !== 'owner') return null;
  const page = pathOf(urls.html);
  const rotate = asked({
    key: 'rotate',
    name: 'Give it a new address',
    text: 'Whoever has the address of now sees nothing any more. You get the new one.',
    form: buttonForm(`${page}/rotate`, 'Change the address'),
  });
  const remove = asked({
    key: 'delete',
    name: 'Delete it',
    text: 'It is gone for everybody, at once and for good.',
    form: buttonForm(`${page}/delete`, 'Delete the run', {}, 'danger'),
  });
  return markup`<section data-key="owner" aria-labelledby="owner"><h2 id="owner">Your run</h2>
<p class="quiet">You made this run. Whoever has its address can read ${view.request?.publish === 'answer' ? 'its answer' : 'it'}.</p>
${isTerminal(view.status) ? rotate : null}${remove}</section>
`;
}

/** The way to end a run that goes on, for its owner; it stands where the answer grows. */
export function cancelHtml({ viewer, status }: RunView, urls: RunUrls): Markup | null {
  if (viewer !== 'owner' || isTerminal(status)) return null;
  return asked({
    key: 'cancel',
    name: 'Cancel the run',
    text: 'It ends now. What there is of the answer stays.',
    form: buttonForm(`${pathOf(urls.html)}/cancel`, 'Cancel the run', {}, 'danger'),
  });
}

interface Question {
  readonly key: string;
  readonly name: string;
  readonly text: string;
  readonly form: Markup;
}

function asked({ key, name, text, form }: Question): Markup {
  return markup`<details class="asked" data-key="owner-${key}"><summary>${name}</summary>
<p>${text}</p>
${form}</details>
`;
}

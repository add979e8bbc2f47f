import type { FaultData } from '../fault/fault.ts';
import { pageHtml } from './layout.ts';
import { markup } from './markup.ts';
import { buttonForm } from './page-form.ts';
import { errorHtml } from './page-error.ts';

/** The page on which a browser proves an API key. */
export interface SignInPage {
  /** Where to go afterwards: a path of ours. */
  readonly back: string;
  /** Who is signed in now; null for nobody. */
  readonly person: string | null;
  readonly fault: FaultData | null;
}

export function renderSignIn({ back, person, fault }: SignInPage): string {
  return pageHtml({
    title: 'Sign in',
    main: markup`<header class="run"><h1>Sign in</h1></header>
${fault === null ? null : errorHtml(fault)}
${
  person === null
    ? null
    : markup`<p>You are signed in as <strong>${person}</strong>.</p>
${buttonForm('/sign-out', 'Sign out')}`
}
<form class="editor" method="post" action="/sign-in">
<input type="hidden" name="return" value="${back}">
<label for="key">API key</label>
<input id="key" name="key" type="password" required autocomplete="current-password" aria-describedby="hint">
<p id="hint" class="quiet">Whoever runs this server gave it to you. This browser stays signed in for 30 days, and sees and answers for the runs of that key.</p>
<button type="submit">Sign in</button>
</form>
`,
  });
}

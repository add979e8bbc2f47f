import type { FaultData } from '../fault/fault.ts';
import { pageHtml } from './layout.ts';
import { markup, type Markup } from './markup.ts';
import { buttonForm } from './page-form.ts';
import { errorHtml } from './page-error.ts';

/** Somebody else who can say who a person is. */
export interface ShownWay {
  /** Path of ours that a form posts to. */
  readonly path: string;
  readonly name: string;
}

/** The page on which a browser shows who it is. */
export interface SignInPage {
  /** Where to go afterwards: a path of ours. */
  readonly back: string;
  /** Who is signed in now; null for nobody. */
  readonly person: string | null;
  readonly fault: FaultData | null;
  readonly ways: readonly ShownWay[];
  /** Whether an API key can be shown here. */
  readonly takesKeys: boolean;
}

export function renderSignIn({ back, person, fault, ways, takesKeys }: SignInPage): string {
  return pageHtml({
    title: 'Sign in',
    main: markup`<header class="run"><h1>Sign in</h1></header>
${fault === null ? null : errorHtml(fault)}
${
  person === null
    ? null
    : markup`<p>You are signed in as <strong>${person}</strong>. <a href="/account">Your account</a></p>
${buttonForm('/sign-out', 'Sign out')}`
}
${ways.map((way) => wayHtml(way, back))}
${takesKeys ? keyForm(back) : null}${takesKeys || ways.length > 0 ? null : NOBODY}
`,
  });
}

/** Without keys and ways a form would only refuse. */
const NOBODY = markup`<p class="quiet empty">Nobody can sign in here yet. Whoever runs this server lets people in with <code>API_KEYS</code> or <code>SIGN_IN</code>. Who sits at a local server needs no sign-in: <a href="/">write a prompt</a>.</p>
`;

/** What stands between two buttons keeps them apart. */
function wayHtml({ path, name }: ShownWay, back: string): Markup {
  const paid =
    path === '/sign-in/openrouter'
      ? 'Your prompts then run with your own OpenRouter key, which you can limit there and forget here. '
      : '';
  return markup`${buttonForm(path, `Sign in with ${name}`, { return: back })}
<p class="quiet">${paid}This browser stays signed in for 30 days.</p>
`;
}

function keyForm(back: string): Markup {
  return markup`<form class="editor" method="post" action="/sign-in">
<input type="hidden" name="return" value="${back}">
<label for="key">API key</label>
<input id="key" name="key" type="password" required autocomplete="current-password" aria-describedby="hint">
<p id="hint" class="quiet">Whoever runs this server gave it to you. This browser stays signed in for 30 days, and sees and answers for the runs of that key.</p>
<button type="submit">Sign in</button>
</form>
`;
}

import { pageHtml } from './layout.ts';
import { markup } from './markup.ts';
import { buttonForm, shownOnce, withCopies } from './page-form.ts';
import { visible } from './visible.ts';

/** A program that asks for a key. */
export interface CliConsentPage {
  readonly person: string;
  /** What it calls itself. */
  readonly name: string;
  /** Where the browser is sent afterwards; null when the code is shown to be typed. */
  readonly address: string | null;
  /** What the form sends back. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Asks whether a program may have a key. */
export function renderCliConsent({ person, name, address, fields }: CliConsentPage): string {
  return pageHtml({
    title: 'A key for mdops',
    main: markup`<header class="run"><h1>Make an API key for mdops?</h1>
<p class="facts"><span>You are ${visible(person)}</span></p></header>
<p>Let <strong>${visible(name)}</strong> make an API key for you? It runs prompts as you, with your logins, until you revoke it on <a href="/account">your account</a>.</p>
<p class="quiet">${
      address === null
        ? 'You get a code to type where you started mdops. Give it to nobody else.'
        : markup`The key goes to the program on this machine at <code>${address}</code>. Go on only if you just started <code>mdops login</code>.`
    }</p>
${buttonForm('/account/cli', 'Make the key', fields)}
`,
  });
}

/** Shows the code that is typed into a program without a browser. */
export function renderCliCode(code: string): string {
  return pageHtml({
    title: 'A code for mdops',
    head: withCopies(),
    main: markup`<header class="run"><h1>Your code</h1></header>
<p>Paste it where you started <code>mdops login</code>. It works once, for five minutes.</p>
${shownOnce(code, 'Copy the code')}
`,
  });
}

import { Markup, markup } from './markup.ts';
import { buttonForm } from './page-form.ts';

/** The header links of pages that are somebody's own. */
export function ownLinks(hasSession = false): Markup {
  return markup`<nav aria-label="Yours">
<a href="/">New prompt</a>
<a href="/runs">Runs</a>
<a href="/connections">Connections</a>
<a href="/account">Account</a>
${hasSession ? buttonForm('/sign-out', 'Sign out') : null}</nav>
`;
}

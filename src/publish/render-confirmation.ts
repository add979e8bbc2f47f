import { pageHtml } from './layout.ts';
import { markup, type Markup } from './markup.ts';
import { hiddenFields, hostOf } from './page-form.ts';

/** A tool server that somebody else's document names. */
export interface NamedServer {
  readonly url: string;
  /** Whether its reader has a login there, that the run would use. */
  readonly hasLogin: boolean;
  /** Names of the secrets that would be sent there. */
  readonly secrets: readonly string[];
}

/** What a document of somebody else would use of its reader's. */
export interface ConfirmationPage {
  readonly servers: readonly NamedServer[];
  /** Who would be told where the run is and how it ends; null for nobody. */
  readonly callback: string | null;
  /** The form once more, with the token that proves that this page was shown. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Asks before a document of somebody else runs with what belongs to its reader. */
export function renderConfirmation({ servers, callback, fields }: ConfirmationPage): string {
  return pageHtml({
    title: 'Confirm',
    announcement: 'Confirm',
    main: markup`<header class="run"><h1>Run it with your logins?</h1></header>
<p class="notice" role="note">Somebody else wrote this document. With your logins, it can read and change at these servers whatever you can, and send what it finds to any of them.</p>
${
  servers.length === 0
    ? null
    : markup`<section aria-labelledby="servers"><h2 id="servers">Tool servers</h2>
<ul class="sources">
${servers.map(serverHtml)}</ul></section>
`
}${
      callback === null
        ? null
        : markup`<section aria-labelledby="callback"><h2 id="callback">Tells where it is and how it ends</h2>
<p class="address">${callback}</p></section>
`
    }<form class="editor" method="post" action="/">
${hiddenFields(fields)}<p class="buttons"><button type="submit" name="decision" value="without">Run without my logins</button>
<button class="plain" type="submit" name="decision" value="with">Run with my logins</button></p>
<p class="quiet">Your decision to run it with your logins is remembered for exactly this document.</p>
</form>
`,
  });
}

function serverHtml({ url, hasLogin, secrets }: NamedServer): Markup {
  const uses = [
    hasLogin ? 'your login' : 'no login of yours yet; you would be asked',
    ...(secrets.length === 0 ? [] : [`the secrets ${secrets.join(', ')}`]),
  ];
  return markup`<li><strong>${hostOf(url)}</strong> <span class="address">${url}</span> <span class="quiet">${uses.join(', and ')}</span></li>
`;
}

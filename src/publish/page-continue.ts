import type { RunView } from '../run/view.ts';
import { Markup, markup } from './markup.ts';
import { isRunAgain } from './page-answer.ts';
import { pathOf, type RunUrls } from './run-urls.ts';
import { modelOf } from './run-words.ts';

/** A form that goes on from a run: the next message, and with which model and tool servers. */
export function continueHtml(view: RunView, urls: RunUrls): Markup {
  const model = modelOf(view) ?? '';
  const servers = openServers(view);
  return markup`<section data-key="continue" aria-labelledby="continue"><h2 id="continue">Continue</h2>
<form class="editor" method="post" action="${pathOf(urls.html)}/continue">
<label for="message">Your next message</label>
<textarea id="message" name="message" rows="3" required dir="auto" aria-describedby="message-hint"></textarea>
<p id="message-hint" class="quiet">${hintOf(view)}</p>
<details data-key="continue-with"><summary>Model and tool servers</summary>
<label for="model">Model</label>
<input id="model" name="model" list="models" autocomplete="off" spellcheck="false" value="${model}">
<datalist id="models"></datalist>
<label for="tool-servers">Tool servers, one address on a line</label>
<textarea id="tool-servers" name="servers" rows="2" spellcheck="false">${'\n'}${servers.join('\n')}</textarea>
</details>
<button type="submit"${isRunAgain(view) ? markup` class="plain"` : null}>Continue</button>
</form></section>
`;
}

function hintOf({ viewer, publication }: RunView): string {
  const before =
    publication === 'full'
      ? 'What was said here goes before it.'
      : 'The answer above goes before it.';
  const own = 'It becomes a run of its own, with its own address.';
  return viewer === 'owner'
    ? `${before} ${own}`
    : `${before} ${own} Somebody else began this, so it runs without your logins, your secrets and the local addresses of this server.`;
}

/** Those that need nothing but their address; the operator's are in every run. */
function openServers({ request }: RunView): readonly string[] {
  return (request?.servers ?? [])
    .filter(({ from, type }) => from !== 'operator' && type === 'mcp')
    .filter(({ authorization, headers }) => !authorization && Object.keys(headers).length === 0)
    .map(({ url }) => url);
}

import type { RunStatus } from '../run/run.ts';
import type { ReferenceView, RunView, ServerView } from '../run/view.ts';
import { countOf, dollarsOf } from './figures.ts';
import { Markup, markup } from './markup.ts';
import type { Shown } from './page-shown.ts';
import { referenceFacts, referenceCount, serverFacts, serverStatus } from './run-words.ts';
import { timeHtml } from './time-html.ts';
import { visible } from './visible.ts';

/** What the run used: references, tool servers, tokens and times. */
export function aboutSections(view: RunView, shown: Shown): Markup {
  return markup`${part(shown, 'references', referencesHtml(view))}
${part(shown, 'servers', serversHtml(view))}
${part(shown, 'usage', usageHtml(view))}`;
}

function part(shown: Shown, key: string, html: Markup | null): Markup | null {
  return html === null ? null : shown.part(key, 'section', html);
}

function referencesHtml({ references }: RunView): Markup | null {
  if (references.length === 0) return null;
  return markup`<section data-key="references" aria-labelledby="references"><h2 id="references">References</h2>
<p class="quiet">${referenceCount(references)}</p>
<ul class="sources">
${references.map(referenceItem)}</ul></section>`;
}

function referenceItem(reference: ReferenceView): Markup {
  const failed = reference.end?.ok === false;
  return markup`<li>${addressHtml(reference.url)} <span class="${failed ? 'fault' : 'quiet'}">${referenceFacts(reference)}</span></li>
`;
}

/** A link where it leads to a site or to a page of ours; what else an author wrote is shown. */
function addressHtml(url: string): Markup {
  const shown = visible(url);
  if (/^https?:\/\//i.test(url)) {
    return markup`<a class="address" href="${url}" rel="noopener noreferrer nofollow ugc">${shown}</a>`;
  }
  if (/^\/[0-9A-Za-z]/.test(url)) return markup`<a class="address" href="${url}">${shown}</a>`;
  return markup`<span class="address">${shown}</span>`;
}

function serversHtml({ servers, status }: RunView): Markup | null {
  if (servers.length === 0) return null;
  return markup`<section data-key="servers" aria-labelledby="servers"><h2 id="servers">Tool servers</h2>
<ul class="sources">
${servers.map((server) => serverItem(server, status))}</ul></section>`;
}

function serverItem(server: ServerView, runStatus: RunStatus): Markup {
  const failed = serverStatus(server) === 'failed';
  const tools = server.end?.tools ?? [];
  return markup`<li><strong>${visible(server.label)}</strong> <span class="address">${server.url}</span> <span class="${failed ? 'fault' : 'quiet'}">${serverFacts(server, runStatus)}</span>
${tools.length === 0 ? null : markup`<details><summary>Tools</summary><p>${tools.map(({ name }) => markup`<code>${name}</code> `)}</p></details>`}</li>
`;
}

function usageHtml(view: RunView): Markup {
  // Nothing was used, or nothing is known yet: zeros would say that it cost nothing.
  const isKnown = view.usage.total_tokens > 0;
  return markup`<section data-key="usage" aria-labelledby="usage"><h2 id="usage">${isKnown ? 'Usage' : 'Times'}</h2>
<dl>
${isKnown ? tokensHtml(view) : null}${moment('Created', view.created_at)}${moment('Ended', view.ended_at)}${moment('Expires', view.expires_at)}</dl></section>`;
}

function tokensHtml({ usage, cost_usd }: RunView): Markup {
  const { prompt_tokens, completion_tokens, total_tokens, estimated } = usage;
  return markup`<div><dt>Prompt tokens</dt><dd>${countOf(prompt_tokens)}</dd></div>
<div><dt>Completion tokens</dt><dd>${countOf(completion_tokens)}</dd></div>
<div><dt>Total tokens</dt><dd>${countOf(total_tokens)}${estimated === true ? ' (partly estimated)' : null}</dd></div>
${
  cost_usd === null
    ? null
    : markup`<div><dt>Cost</dt><dd>${dollarsOf(cost_usd)}</dd></div>
`
}`;
}

function moment(name: string, ms: number | null): Markup | null {
  if (ms === null) return null;
  return markup`<div><dt>${name}</dt><dd>${timeHtml(ms)}</dd></div>
`;
}

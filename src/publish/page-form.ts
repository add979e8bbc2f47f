import { assetUrl } from './assets.ts';
import { markup, type Markup, type MarkupPart } from './markup.ts';

/** A form of one button that posts to an address of ours. */
export function buttonForm(
  action: string,
  label: string,
  fields: Readonly<Record<string, string>> = {},
  kind: 'plain' | 'danger' | null = null,
): Markup {
  return markup`<form method="post" action="${action}">
${hiddenFields(fields)}<button type="submit"${kind === null ? null : markup` class="${kind}"`}>${label}</button>
</form>
`;
}

/** Fields that a form sends along and nobody sees. */
export function hiddenFields(fields: Readonly<Record<string, string>>): Markup {
  const inputs = Object.entries(fields).map(
    ([name, value]) => markup`<input type="hidden" name="${name}" value="${value}">
`,
  );
  return markup`${inputs}`;
}

/** Names and values. */
export function factList(facts: readonly (readonly [string, MarkupPart])[]): Markup {
  const shown = facts.map(
    ([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>
`,
  );
  return markup`<dl class="wide">
${shown}</dl>`;
}

/** The host of an address, or the address itself when it has none. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** A text that is shown once, to be taken elsewhere. The button is the script's, see {@link withCopies}. */
export function shownOnce(text: string, button: string): Markup {
  return markup`<div class="once"><pre tabindex="0"><code>${text}</code></pre>
<button type="button" class="copy plain">${button}</button></div>
`;
}

/** The script that lets buttons copy, for the head of a page. */
export function withCopies(): Markup {
  return markup`<script type="module" src="${assetUrl('/assets/run.js')}"></script>
`;
}

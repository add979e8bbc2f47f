import type { FaultData } from '../fault/fault.ts';
import { isTerminal } from '../run/run.ts';
import type { RunView } from '../run/view.ts';
import { assetUrl } from './assets.ts';
import { pageHtml } from './layout.ts';
import { markdownHtml, plainText } from './markdown-html.ts';
import { Markup, markup } from './markup.ts';
import { actionsHtml, hasForm } from './page-action.ts';
import { aboutSections } from './page-about.ts';
import { problemList } from './page-problems.ts';
import { stepsHtml } from './page-steps.ts';
import { fileUrl, type RunUrls } from './run-urls.ts';
import { answerNote, noAnswer, runFigures, statusWords, UNPUBLISHED } from './run-words.ts';
import { titleOf } from './run-title.ts';

/**
 * The page of a run: the answer first, then how it came about. Complete without JavaScript; while
 * the run goes on, the page's script keeps `<main>` up to date from the run's events.
 *
 * Its links are paths, so it works under whatever name of the server it was opened.
 * @see spec/rendering.md, Pages
 */
export function renderPage(view: RunView, urls: RunUrls): string {
  const main = markup`<header class="run">
<h1 dir="auto">${titleOf(view)}</h1>
<p class="facts"><span class="status ${view.status}">${statusWords(view.status)}</span>${runFigures(view).map((fact) => markup` <span>${fact}</span>`)}</p>
</header>
${view.error === null ? null : errorHtml(view.error)}${actionsHtml(view)}
${answerHtml(view)}${filesHtml(view, urls)}
${stepsHtml(view)}
${aboutSections(view)}
${view.problems.length === 0 ? null : markup`<section data-key="problems" aria-labelledby="problems"><h2 id="problems">Problems</h2>${problemList(view.problems)}</section>`}
${promptHtml(view)}
`;
  return pageHtml({
    title: 'Run',
    main,
    links: formLinks(urls),
    announcement: `Run: ${statusWords(view.status)}`,
    ...(isTerminal(view.status) ? {} : { live: liveParts(view, urls) }),
  });
}

/** A fault in red: what happened, its code, and the evidence that may be shown. */
export function errorHtml(fault: FaultData): Markup {
  const details = Object.entries(fault.detail ?? {}).map(
    ([name, value]) =>
      markup`<div><dt>${name.replaceAll('_', ' ')}</dt><dd>${String(value)}</dd></div>`,
  );
  return markup`<section class="error" data-key="error" role="alert">
<h2>Error</h2>
<p dir="auto">${fault.message} <code>${fault.code}</code></p>
${details.length === 0 ? null : markup`<dl>${details}</dl>`}
</section>`;
}

function formLinks(urls: RunUrls): Markup {
  return markup`<nav aria-label="Other forms of this run">
<a href="${pathOf(urls.markdown)}">Markdown</a>
<a href="${pathOf(urls.json)}">JSON</a>
<a href="${pathOf(urls.text)}">Text</a>
<a href="${pathOf(urls.events)}">Events</a>
</nav>
`;
}

function answerHtml(view: RunView): Markup {
  const note = answerNote(view);
  const empty = view.answer.trim() === '';
  const isMarkdown = ['markdown', 'code'].includes(view.output_format);
  const answer = isMarkdown ? markdownHtml(view.answer) : plainText(view.answer);
  return markup`<section class="answer" data-key="answer" aria-labelledby="answer">
<h2 id="answer">Answer</h2>
${empty ? markup`<p class="quiet">${noAnswer(view.status)}</p>` : markup`<div class="prose" dir="auto">${answer}</div>`}
${note === null ? null : markup`<p class="quiet">${note}</p>`}
</section>`;
}

/** Named code blocks of the answer, each at its own address. */
function filesHtml({ files }: RunView, urls: RunUrls): Markup | null {
  if (files.length === 0) return null;
  const items = files.map(
    ({
      path,
    }) => markup`<li><a class="address" href="${pathOf(fileUrl(urls, path))}">${path}</a></li>
`,
  );
  return markup`<section data-key="files" aria-labelledby="files"><h2 id="files">Files</h2>
<ul class="sources">
${items}</ul></section>`;
}

function promptHtml({ prompt, publication }: RunView): Markup {
  if (prompt === null) return markup`<p class="quiet">${UNPUBLISHED[publication]}</p>`;
  return markup`<section data-key="prompt" aria-labelledby="prompt"><h2 id="prompt">Prompt</h2>
<details><summary>Show the document</summary>${plainText(prompt)}</details></section>`;
}

/** Where the script finds events and page, and what a browser without scripts does instead. */
function liveParts(view: RunView, urls: RunUrls): { attributes: Markup; head: Markup } {
  const events = `${pathOf(urls.events)}?starting_after=${view.seq}`;
  return {
    attributes: markup` data-events="${events}" data-page="${pathOf(urls.html)}.html"`,
    head: markup`<script type="module" src="${assetUrl('/assets/run.js')}"></script>
${hasForm(view) ? null : markup`<noscript><meta http-equiv="refresh" content="2"></noscript>`}
`,
  };
}

/** An address without its origin; what already is a path stays one. */
function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
}

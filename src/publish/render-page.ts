import { isTerminal } from '../run/run.ts';
import type { RunView } from '../run/view.ts';
import { assetUrl } from './assets.ts';
import { pageHtml } from './layout.ts';
import { plainText } from './markdown-html.ts';
import { Markup, markup } from './markup.ts';
import { actionsHtml, hasForm } from './page-action.ts';
import { aboutSections } from './page-about.ts';
import { answerHtml, pagePlace } from './page-answer.ts';
import { continueHtml } from './page-continue.ts';
import { conversationHtml } from './page-conversation.ts';
import { errorHtml } from './page-error.ts';
import { ownerHtml } from './page-owner.ts';
import { problemList } from './page-problems.ts';
import { NOTHING_SHOWN, type Shown } from './page-shown.ts';
import { stepsHtml } from './page-steps.ts';
import { pathOf, type RunUrls } from './run-urls.ts';
import { runFigures, statusWords, UNPUBLISHED } from './run-words.ts';
import { titleOf } from './run-title.ts';

export { layOutAnswer } from './page-answer.ts';

/**
 * The page of a run: the answer first, then how it came about. Complete without JavaScript; while
 * the run goes on, the page's script keeps `<main>` up to date from {@link renderMain}.
 *
 * Its links are paths, so it works under whatever name of the server it was opened.
 * @param laidOut what `layOutAnswer` gave for this view, when it was laid out before
 * @see spec/rendering.md, Pages
 */
export function renderPage(view: RunView, urls: RunUrls, laidOut: string | null = null): string {
  const answer = laidOut === null ? null : new Markup(laidOut);
  return pageHtml({
    title: 'Run',
    main: mainHtml(view, urls, { ...NOTHING_SHOWN, laidOut: answer }),
    announcement: announcementOf(view),
    live: {
      attributes: isTerminal(view.status) ? markup`` : liveAttributes(view, urls),
      head: headHtml(view),
    },
  });
}

/**
 * The inside of the page's `<main>`, less what its reader is shown already.
 * @see spec/rendering.md PAGE-4
 */
export function renderMain(view: RunView, urls: RunUrls, shown: Shown): string {
  return mainHtml(view, urls, shown).html;
}

/** What a screen reader is told of where the run stands. */
export function announcementOf({ status, viewer }: Pick<RunView, 'status' | 'viewer'>): string {
  return `Run: ${statusWords(status, viewer)}`;
}

function mainHtml(view: RunView, urls: RunUrls, shown: Shown): Markup {
  return markup`<header class="run">
<h1 dir="auto">${titleOf(view)}</h1>
<p class="facts"><span class="status ${view.status}">${statusWords(view.status, view.viewer)}</span>${runFigures(view).map((fact) => markup` <span>${fact}</span>`)}</p>
${formLinks(urls)}</header>
${view.error === null ? null : errorHtml(view.error)}${actionsHtml(view)}
${answerHtml(view, urls, shown)}
${isTerminal(view.status) ? continueHtml(view, urls) : null}
${stepsHtml(view, shown)}
${aboutSections(view, shown)}
${view.problems.length === 0 ? null : shown.part('problems', 'section', problemsHtml(view))}
${shown.part('prompt', 'section', promptHtml(view))}
${ownerHtml(view, urls)}
`;
}

function formLinks(urls: RunUrls): Markup {
  return markup`<nav class="forms" aria-label="Other forms of this run">
<a href="${pathOf(urls.markdown)}">Markdown</a>
<a href="${pathOf(urls.json)}">JSON</a>
<a href="${pathOf(urls.text)}">Text</a>
<a href="${pathOf(urls.events)}">Events</a>
</nav>
`;
}

function problemsHtml({ problems }: RunView): Markup {
  return markup`<section data-key="problems" aria-labelledby="problems"><h2 id="problems">Problems</h2>${problemList(problems)}</section>`;
}

function promptHtml(view: RunView): Markup {
  const { prompt, publication } = view;
  if (prompt === null) {
    return markup`<section data-key="prompt" aria-labelledby="prompt"><h2 id="prompt">Prompt</h2>
<p class="quiet">${UNPUBLISHED[publication]}</p></section>`;
  }
  return markup`<section data-key="prompt" aria-labelledby="prompt"><h2 id="prompt">Prompt</h2>
${conversationHtml(view)}<details data-key="document"><summary>Show the document</summary>${plainText(prompt)}</details></section>`;
}

/** Where the script hears what is new, and where the page is. */
function liveAttributes(view: RunView, urls: RunUrls): Markup {
  const page = pathOf(urls.html);
  return markup` data-live="${page}/live?from=${pagePlace(view)}" data-page="${page}.html"`;
}

/** The script, and what a browser without scripts does while the run goes on. */
function headHtml(view: RunView): Markup {
  const refreshes = !isTerminal(view.status) && !hasForm(view);
  return markup`<script type="module" src="${assetUrl('/assets/run.js')}"></script>
${
  refreshes
    ? markup`<noscript><meta http-equiv="refresh" content="2"></noscript>
`
    : null
}`;
}

import { isTerminal } from '../run/run.ts';
import type { RunView } from '../run/view.ts';
import { AnswerBlocks } from './answer-blocks.ts';
import { markdownHtml, plainText } from './markdown-html.ts';
import { Markup, markup } from './markup.ts';
import { cancelHtml } from './page-owner.ts';
import type { Shown } from './page-shown.ts';
import { fileUrl, pathOf, type RunUrls } from './run-urls.ts';
import { answerNote, answerStep, noAnswer } from './run-words.ts';

/** The answer, what can be done with it, and its files. */
export function answerHtml(view: RunView, urls: RunUrls, shown: Shown): Markup {
  const note = answerNote(view);
  const empty = view.answer.trim() === '';
  return markup`<section class="answer" data-key="answer" aria-labelledby="answer">
<h2 id="answer">Answer</h2>
${empty ? markup`<p class="quiet">${noAnswer(view.status, view.viewer)}</p>` : markup`<div class="prose" dir="auto" data-key="prose"${shown.knowsAnswer ? markup` data-same` : null}>${shown.knowsAnswer ? null : (shown.laidOut ?? layOutAnswer(view))}</div>`}
${note === null ? null : markup`<p class="quiet">${note}</p>`}
${toolsHtml(view, urls)}${cancelHtml(view, urls)}</section>
${filesHtml(view, urls)}`;
}

/** Whether the answer is laid out as Markdown, or shown as it is. */
export function isProse({ output_format }: Pick<RunView, 'output_format'>): boolean {
  return ['markdown', 'code'].includes(output_format);
}

/**
 * Where a page stands that goes on from here: event, step and attempt of the answer, and how many of
 * its blocks are finished.
 */
export function pagePlace(view: RunView): string {
  const step = answerStep(view);
  const blocks = new AnswerBlocks(isProse(view));
  blocks.grow(view.answer);
  return [view.seq, step?.step ?? 0, step?.attempt ?? 0, blocks.sealed.length].join('.');
}

/** The answer as it stands on the page. */
export function layOutAnswer(view: RunView): Markup {
  return isProse(view) ? markdownHtml(view.answer) : plainText(view.answer);
}

/** Whether what one does next is to mend the prompt, and not to answer what was said. */
export function isRunAgain({ status, prompt }: RunView): boolean {
  return isTerminal(status) && status !== 'completed' && prompt !== null;
}

function toolsHtml(view: RunView, urls: RunUrls): Markup | null {
  if (!isTerminal(view.status)) return null;
  const page = pathOf(urls.html);
  const copy =
    view.answer.trim() === ''
      ? null
      : markup`<button type="button" class="copy" data-copy="${page}?key=output">Copy answer</button>
`;
  const edit =
    view.prompt === null
      ? null
      : markup`<a href="${page}?edit"${isRunAgain(view) ? markup` class="primary"` : null}>Edit and run again</a>
`;
  const next = markup`<a href="#continue">Continue</a>
`;
  return markup`<p class="tools">
${isRunAgain(view) ? [edit, copy, next] : [copy, edit, next]}</p>
`;
}

/** Named code blocks of the answer, each at its own address. */
function filesHtml({ files }: RunView, urls: RunUrls): Markup | null {
  if (files.length === 0) return null;
  const items = files.map(({ path }) => {
    const address = pathOf(fileUrl(urls, path));
    const name = path.split('/').at(-1) ?? path;
    return markup`<li><a class="address" href="${address}">${path}</a> <a class="side" href="${address}" download="${name}" aria-label="Download ${path}">Download</a></li>
`;
  });
  return markup`<section data-key="files" aria-labelledby="files"><h2 id="files">Files</h2>
<ul class="sources">
${items}</ul></section>
`;
}

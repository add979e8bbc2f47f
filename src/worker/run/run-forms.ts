import { inert } from '../../publish/bounded.ts';
import type { Form } from '../../publish/negotiate.ts';
import { renderJson } from '../../publish/render-json.ts';
import { renderMarkdown } from '../../publish/render-markdown.ts';
import { renderText } from '../../publish/render-text.ts';
import type { RunUrls } from '../../publish/run-urls.ts';
import type { RunView } from '../../run/view.ts';

/** What can be asked for alone, with `?key=`. */
export type RunPart = 'prompt' | 'output' | 'references';

/** A run as its reader may see it, and its answer as HTML where that was kept. */
export interface LaidOutRun {
  readonly view: RunView;
  /** What {@link layOutOnce} of this very code gave for the view; null for nothing. */
  readonly laidOut: string | null;
}

/** Answers of fewer characters are laid out as often as their page is read. */
const LONG = 20_000;
/** Characters of HTML that are kept of one answer. */
const MOST_KEPT = 2_000_000;

/** The HTML of an answer that costs much to lay out; null for any other. */
export async function layOutOnce(view: RunView): Promise<string | null> {
  if (view.answer.length < LONG) return null;
  const { html } = (await rendererOfPages()).layOutAnswer(view);
  return html.length > MOST_KEPT ? null : html;
}

/**
 * A run in one form. What this gives depends on nothing but its arguments and this code, of which
 * `renderer-version.js` is a hash: that is what the tags of `conditional` rest on.
 */
export async function renderForm(
  { view, laidOut }: LaidOutRun,
  form: Form,
  urls: RunUrls,
): Promise<string> {
  switch (form) {
    case 'markdown':
      return renderMarkdown(view, urls);
    case 'json':
      return `${JSON.stringify(renderJson(view, urls), null, 2)}\n`;
    case 'text':
      return renderText(view, urls);
    case 'html':
      return (await rendererOfPages()).renderPage(view, urls, laidOut);
  }
}

/** Laying out Markdown is half of what a start would load. */
function rendererOfPages() {
  return import('../../publish/render-page.ts');
}

/** One part of a run; for the rest of what this says see {@link renderForm}. */
export function renderPart(view: RunView, part: RunPart): string {
  switch (part) {
    case 'prompt':
      return view.prompt ?? '';
    case 'output':
      return inert(view.output);
    case 'references':
      return `${JSON.stringify(view.references, null, 2)}\n`;
  }
}

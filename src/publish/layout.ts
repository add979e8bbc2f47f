import { assetUrl } from './assets.ts';
import { Markup, markup, type MarkupPart } from './markup.ts';

/** What differs between pages. */
export interface Page {
  /** Says what kind of page it is and nothing of its content: link previews show it to anyone. */
  readonly title: string;
  readonly main: Markup;
  /** Attributes of `<main>` and elements of `<head>` that keep a page up to date. */
  readonly live?: { readonly attributes: Markup; readonly head: Markup };
  /** Links in the page's header. */
  readonly links?: MarkupPart;
  /** What a screen reader is told when it changes. */
  readonly announcement?: string;
}

/** The `Content-Security-Policy` of every page: our own files and nothing else. */
export function contentSecurityPolicy(): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** A whole HTML document. */
export function pageHtml({ title, main, live, links, announcement }: Page): string {
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex, nofollow, noarchive">
<meta name="description" content="A Markdown prompt, run with its tools.">
<title>${title} · MarkdownOps</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${assetUrl('/assets/style.css')}">
${live?.head ?? null}</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="site">
<a class="brand" href="/">MarkdownOps</a>
${links ?? null}</header>
<p id="announcement" class="unseen" role="status" aria-live="polite">${announcement ?? ''}</p>
<main id="main"${live?.attributes ?? null}>
${main}</main>
</body>
</html>
`;
  return page.html;
}

import { assetUrl } from './assets.ts';
import { Markup, markup, type MarkupPart } from './markup.ts';
import { siteLinks } from './page-links.ts';

/** Whose pages these are. */
export interface Site {
  readonly name: string;
  /** Path of its first page; null where the name leads nowhere. */
  readonly home: string | null;
  readonly stylesheet: string;
  /** Path of the list of logins; null where there is none of ours. */
  readonly connections: string | null;
}

/** The pages of this product; the proxy library shows some of them as another's. */
export const OWN_SITE: Site = {
  name: 'MarkdownOps',
  home: '/',
  stylesheet: assetUrl('/assets/style.css'),
  connections: '/connections',
};

/** What differs between pages. */
export interface Page {
  /** Says what kind of page it is and nothing of its content: link previews show it to anyone. */
  readonly title: string;
  readonly main: Markup;
  /** Attributes of `<main>` and elements of `<head>` that keep a page up to date. */
  readonly live?: { readonly attributes: Markup; readonly head: Markup };
  /** Elements of `<head>` that this page has on top. */
  readonly head?: MarkupPart;
  /** Links in the page's header: those to our other pages when left out. */
  readonly links?: MarkupPart;
  /** What a screen reader is told when it changes. */
  readonly announcement?: string;
  /** {@link OWN_SITE} when left out. */
  readonly site?: Site;
}

/**
 * The `Content-Security-Policy` of every page: our own files and nothing else.
 * @param formsLeadTo where the redirects after a form may lead beside this server, as sources of the
 *   policy: browsers hold them against it too
 */
export function contentSecurityPolicy(formsLeadTo = ''): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    `form-action 'self' ${formsLeadTo}`.trimEnd(),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** A whole HTML document. */
export function pageHtml({
  title,
  main,
  live,
  head,
  links,
  announcement,
  site = OWN_SITE,
}: Page): string {
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex, nofollow, noarchive">
<meta name="description" content="A Markdown prompt, run with its tools.">
<title>${title} · ${site.name}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${site.stylesheet}">
${head ?? null}${live?.head ?? null}</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="site">
${
  site.home === null
    ? markup`<span class="brand">${site.name}</span>`
    : markup`<a class="brand" href="${site.home}">${site.name}</a>`
}
${links ?? (site === OWN_SITE ? siteLinks() : null)}</header>
<p id="announcement" class="unseen" role="status" aria-live="polite">${announcement ?? ''}</p>
<main id="main"${live?.attributes ?? null}>
${main}</main>
</body>
</html>
`;
  return page.html;
}

import { pageHtml } from '../layout.ts';
import { markdownHtml } from '../markdown-html.ts';
import { markup } from '../markup.ts';
import type { Markup, MarkupPart } from '../markup.ts';
import { DOCS_STYLE_HASH } from './docs-source.ts';
import { HERE, siteLinks } from '../page-links.ts';
import type { Section } from './guide.ts';

/** A link within a page and, for wide screens, those below it. */
export interface Contents {
  readonly id: string;
  readonly title: string;
  readonly below?: readonly { readonly id: string; readonly title: MarkupPart }[];
}

/** What differs between pages of the documentation. */
export interface DocsPage {
  readonly path: '/docs' | '/docs/prompt-format' | '/docs/errors' | '/examples';
  readonly title: string;
  /** One or two sentences below the title. */
  readonly lead: MarkupPart;
  readonly contents: readonly Contents[];
  readonly article: MarkupPart;
}

/** The pages of the documentation; examples stand among our other pages. */
const PAGES: readonly (readonly [path: DocsPage['path'], name: string])[] = [
  ['/docs', 'API'],
  ['/docs/prompt-format', 'Format'],
  ['/docs/errors', 'Errors'],
];

/** A page of the documentation: a list of its parts beside them, on a phone above them. */
export function docsPage({ path, title, lead, contents, article }: DocsPage): string {
  const style = `/docs/style.css?v=${DOCS_STYLE_HASH}`;
  return pageHtml({
    title,
    links: siteLinks({ current: path === '/examples' ? path : '/docs' }),
    live: { attributes: markup``, head: markup`<link rel="stylesheet" href="${style}">\n` },
    main: markup`<header class="run"><h1>${title}</h1>
<p class="lead">${lead}</p>
${path === '/examples' ? null : pagesHtml(path)}</header>
<div class="docs">
${contents.length === 0 ? null : contentsHtml(contents)}<div class="article">
${article}</div>
</div>
`,
  });
}

function pagesHtml(path: DocsPage['path']): Markup {
  return markup`<nav class="forms" aria-label="Documentation">
${PAGES.map(
  ([page, name]) => markup`<a href="${page}"${page === path ? HERE : null}>${name}</a>
`,
)}</nav>
`;
}

function contentsHtml(contents: readonly Contents[]): Markup {
  return markup`<nav class="contents" aria-label="On this page"><ul>
${contents.map(contentsItem)}</ul></nav>
`;
}

function contentsItem({ id, title, below = [] }: Contents): Markup {
  const items = below.map((link) => markup`<li><a href="#${link.id}">${link.title}</a></li>\n`);
  return markup`<li><a href="#${id}">${title}</a>${below.length === 0 ? null : markup`<ul>\n${items}</ul>`}</li>
`;
}

/** Pieces of the guide as parts of a page. */
export function sectionsHtml(sections: readonly Section[]): Markup[] {
  return sections.map(
    ({
      id,
      title,
      text,
    }) => markup`<section class="piece prose" id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title"><a href="#${id}">${title}</a></h2>
${markdownHtml(text)}</section>
`,
  );
}

import MarkdownIt, { type Env, type RendererRule, type Token } from 'markdown-it';
import { escapeHtml, Markup, markup } from './markup.ts';

/** Longer texts are shown as they are: laying them out would cost more than it helps. */
export const LONGEST_MARKDOWN = 200_000;

/** Deeper quotations and lists become text; no answer needs them and the parser recurses. */
const DEEPEST = 24;

/** Headings of an answer stand under the page's `<h1>` and the section's `<h2>`. */
const HEADING_SHIFT = 2;

// A link may be followed by a search engine or opened with a way back to our page: neither helps
// anyone but whoever got a model to write it.
const REL = 'noopener noreferrer nofollow ugc';

const MARKDOWN = renderer();

/**
 * Markdown that a model or a tool wrote as HTML that does nothing: no raw HTML, links only to
 * http, https and mailto, images as links (loading one would tell its server who reads), no
 * inline style, no attribute taken over from the text but an address.
 * @see spec/rendering.md, Pages
 */
export function markdownHtml(text: string): Markup {
  if (text.length > LONGEST_MARKDOWN) return plainText(text);
  return new Markup(MARKDOWN.render(text));
}

/** A block of a text, such as a paragraph, a list or a fence. */
export interface MarkdownBlock {
  /** Line on which it begins, from 0. */
  readonly line: number;
  readonly html: string;
}

/** Link definitions that stood in what came before; parsing adds those of the text. */
export type Definitions = Pick<Env, 'references'>;

/** The same as {@link markdownHtml}, block by block: the joined blocks are the same bytes. */
export function markdownBlocks(text: string, definitions: Definitions): readonly MarkdownBlock[] {
  const tokens = MARKDOWN.parse(text, definitions);
  const starts = tokens.flatMap(({ level, nesting }, at) =>
    level === 0 && nesting >= 0 ? at : [],
  );
  return starts.map((start, index) => ({
    line: tokens[start]?.map?.[0] ?? 0,
    html: MARKDOWN.renderer.render(
      tokens.slice(start, starts[index + 1]),
      MARKDOWN.options,
      definitions,
    ),
  }));
}

/** Text that is shown as it is, less blank lines at its end. */
export function plainText(text: string): Markup {
  return markup`<pre tabindex="0"><code>${text.trimEnd()}</code></pre>
`;
}

function renderer(): InstanceType<typeof MarkdownIt> {
  const md = new MarkdownIt({ html: false, linkify: true, maxNesting: DEEPEST });
  // Words with a dot in them are not addresses: `run.ts` is no site of Turkish Saint Helena.
  md.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
  md.validateLink = (url) => /^(?:https?:\/\/|mailto:)/i.test(url.trim());
  md.core.ruler.push('linked-images', ({ tokens }) => markLinkedImages(tokens));
  Object.assign(md.renderer.rules, {
    heading_open: headingTag,
    heading_close: headingTag,
    link_open: linkOpen,
    image: imageLink,
    fence: codeBlock,
    code_block: codeBlock,
    th_open: tableCell,
    td_open: tableCell,
    table_open: () => '<div class="scroll" tabindex="0"><table>\n',
    table_close: () => '</table></div>\n',
  } satisfies Record<string, RendererRule>);
  return md;
}

function headingTag(tokens: Token[], index: number): string {
  const token = tokens[index];
  const level = Math.min(6, Number(token?.tag.slice(1)) + HEADING_SHIFT);
  return token?.nesting === 1 ? `<h${level}>` : `</h${level}>\n`;
}

function linkOpen(tokens: Token[], index: number): string {
  return `<a href="${escapeHtml(attribute(tokens[index], 'href'))}" rel="${REL}">`;
}

/** An image as a link to it; inside a link, which cannot hold another, as its description. */
function imageLink(...[tokens, index, options, env, self]: Parameters<RendererRule>): string {
  const token = tokens[index];
  const described = self.renderInlineAsText(token?.children ?? [], options, env).trim();
  const text = escapeHtml(`[image${described === '' ? '' : `: ${described}`}]`);
  if (token?.meta?.['isInLink'] === true) return text;
  return `<a href="${escapeHtml(attribute(token, 'src'))}" rel="${REL}">${text}</a>`;
}

/**
 * Marks the images that stand in a link, in one pass over each line of text. Looking back from every
 * image would take a model's page of ten thousand badges seconds of the server's time.
 */
function markLinkedImages(tokens: readonly Token[]): void {
  for (const { children } of tokens) {
    let isInLink = false;
    for (const token of children ?? []) {
      if (token.type === 'link_open') isInLink = true;
      else if (token.type === 'link_close') isInLink = false;
      else if (token.type === 'image' && isInLink) token.meta = { isInLink };
    }
  }
}

/** The language that the text names is left out: nothing here uses it. The button is the script's. */
function codeBlock(tokens: Token[], index: number): string {
  return markup`<div class="code">${plainText(tokens[index]?.content ?? '')}<button type="button" class="copy">Copy</button></div>
`.html;
}

/** Alignment as a class: the parser's own `style` attribute is what our CSP forbids. */
function tableCell(tokens: Token[], index: number): string {
  const token = tokens[index];
  const align = /^text-align:(left|center|right)$/.exec(attribute(token, 'style'))?.[1];
  const tag = token?.tag === 'th' ? 'th' : 'td';
  return align === undefined ? `<${tag}>` : `<${tag} class="align-${align}">`;
}

function attribute(token: Token | undefined, name: string): string {
  return String(token?.attrs?.find(([key]) => key === name)?.[1] ?? '');
}

import { htmlOutline } from './html-outline.ts';

/** The little that is used of a node of an HTML tree. */
interface HtmlNode {
  type: string;
  tagName?: string;
  properties?: Record<string, unknown>;
  children?: HtmlNode[];
}

/**
 * A page as Markdown that is good to read: its main content, links absolute, no navigation, no
 * scripts, nothing hidden. What a hostile page can cost is bounded before it is parsed.
 * @param html the decoded source
 * @param base the final URL of the page
 * @see spec/egress.md EG-16
 */
export async function readableHtml(html: string, base: string): Promise<string> {
  const outline = htmlOutline(html);
  const hasHeading = outline.html.includes('<h1>');
  const title = hasHeading || outline.title === '' ? '' : `<h1>${outline.title}</h1>`;
  const processor = await markdownFromHtml(base);
  const file = await processor.process(title + outline.html);
  return String(file).trim();
}

/** The parsers are a third of the Worker's weight, so they are loaded by the first page only. */
async function markdownFromHtml(base: string) {
  const [{ unified }, parse, remark, gfm, stringify] = await Promise.all([
    import('unified'),
    import('rehype-parse'),
    import('rehype-remark'),
    import('remark-gfm'),
    import('remark-stringify'),
  ]);
  return (
    unified()
      .use(parse.default, { fragment: true })
      .use(() => (tree: HtmlNode) => resolveLinks(tree, base))
      .use(remark.default)
      // Aligned pipes would pad every row to the longest cell: rows × the longest cell in bytes.
      .use(gfm.default, { tablePipeAlign: false })
      .use(stringify.default, { bullet: '-', rule: '-', emphasis: '_' })
  );
}

/** Makes links absolute; a link to nowhere useful (`javascript:`, `data:`) becomes its text. */
function resolveLinks(node: HtmlNode, base: string): void {
  if (node.tagName === 'a') {
    const href = absolute(node.properties?.['href'], base);
    if (href === undefined) node.tagName = 'span';
    node.properties = href === undefined ? {} : { href };
  }
  for (const child of node.children ?? []) resolveLinks(child, base);
}

function absolute(href: unknown, base: string): string | undefined {
  if (typeof href !== 'string' || href === '' || !URL.canParse(href, base)) return undefined;
  const url = new URL(href, base);
  return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : undefined;
}

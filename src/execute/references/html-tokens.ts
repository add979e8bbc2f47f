/**
 * HTML as a flat list of tags and text, in one pass and without recursion, so that no nesting and
 * no unclosed anything can cost more than its bytes. Follows the tokenizer of the HTML standard
 * where a difference would show hidden text or hide text that is shown.
 * @see https://html.spec.whatwg.org/multipage/parsing.html#tokenization
 */
export type HtmlToken =
  /** Text as it stands in the source: character references are not decoded. */
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'open'; readonly name: string; readonly attributes: HtmlAttributes }
  | { readonly type: 'close'; readonly name: string };

/** Names in lower case, values as in the source; the first of two equal names wins. */
export type HtmlAttributes = ReadonlyMap<string, string>;

/** Elements whose content is text up to their own end tag, whatever it looks like. */
const RAW_TEXT = new Set([
  'script',
  'style',
  'textarea',
  'title',
  'xmp',
  'iframe',
  'noembed',
  'noframes',
]);

/** The tokens of a document, in order. */
export function* htmlTokens(html: string): Generator<HtmlToken> {
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    if (open === -1) {
      yield { type: 'text', text: html.slice(at) };
      return;
    }
    if (open > at) yield { type: 'text', text: html.slice(at, open) };
    const next = html.charAt(open + 1);
    if (next === '!' || next === '?') {
      at = endOfComment(html, open);
    } else if (next === '/') {
      const closing = closeTag(html, open);
      if (closing.name !== '') yield { type: 'close', name: closing.name };
      at = closing.end;
    } else if (/[a-z]/i.test(next)) {
      const { name, attributes, end } = openTag(html, open + 1);
      at = RAW_TEXT.has(name) ? endOfRawText(html, end, name) : end;
      yield { type: 'open', name, attributes };
      if (at > end) yield { type: 'text', text: html.slice(end, at) };
    } else {
      yield { type: 'text', text: '<' };
      at = open + 1;
    }
  }
}

/** `<!-- … -->`, or `<!doctype …>` and `<?…>` up to the first `>`. */
function endOfComment(html: string, open: number): number {
  if (!html.startsWith('<!--', open)) return after(html, '>', open);
  // `<!-->` and `<!--->` are whole comments.
  const short = /^-?>/.exec(html.slice(open + 4, open + 6));
  if (short !== null) return open + 4 + short[0].length;
  const end = /--!?>/g;
  end.lastIndex = open + 4;
  const match = end.exec(html);
  return match === null ? html.length : end.lastIndex;
}

function closeTag(html: string, open: number): { name: string; end: number } {
  // `</` before anything but a letter is a comment.
  if (!/[a-z]/i.test(html.charAt(open + 2))) return { name: '', end: after(html, '>', open) };
  const { name, end } = openTag(html, open + 2);
  return { name, end };
}

function endOfRawText(html: string, from: number, name: string): number {
  const end = new RegExp(`</${name}(?=[\\s/>])`, 'gi');
  end.lastIndex = from;
  return end.exec(html)?.index ?? html.length;
}

function after(html: string, text: string, from: number): number {
  const at = html.indexOf(text, from);
  return at === -1 ? html.length : at + text.length;
}

/** One attribute, in the states of the standard: a quote opens a value only right after `=`. */
const ATTRIBUTE = /[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*)?))?/y;

/** A tag from the first letter of its name: `a href="x">`. */
function openTag(
  html: string,
  start: number,
): { name: string; attributes: HtmlAttributes; end: number } {
  const nameEnd = start + (/^[^\s/>]*/.exec(html.slice(start, start + 64))?.[0].length ?? 0);
  const attributes = new Map<string, string>();
  ATTRIBUTE.lastIndex = nameEnd;
  let at = nameEnd;
  for (let match = ATTRIBUTE.exec(html); match !== null; match = ATTRIBUTE.exec(html)) {
    at = ATTRIBUTE.lastIndex;
    const name = (match[1] ?? '').toLowerCase();
    if (!attributes.has(name)) attributes.set(name, match[2] ?? match[3] ?? match[4] ?? '');
  }
  const name = html.slice(start, nameEnd).toLowerCase();
  return { name, attributes, end: after(html, '>', at) };
}

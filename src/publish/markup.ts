/** HTML that was made here and may be written into a page as it is. */
export class Markup {
  readonly html: string;

  /** Only `markup` and `markdownHtml` make these; any other text is escaped on its way in. */
  constructor(html: string) {
    this.html = html;
  }
}

export type MarkupPart = string | number | null | Markup | readonly MarkupPart[];

/**
 * A piece of a page. Every value put into it is escaped for text and for quoted attributes unless
 * it is itself a {@link Markup}, so forgetting to escape is not possible; null writes nothing.
 * Attributes must be in double quotes.
 */
export function markup(strings: TemplateStringsArray, ...values: readonly MarkupPart[]): Markup {
  const pieces = strings.map((text, index) =>
    index < values.length ? text + partHtml(values[index] ?? null) : text,
  );
  return new Markup(pieces.join(''));
}

/** Text as HTML text or as the value of a quoted attribute. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll('\u0000', '\ufffd');
}

function partHtml(value: MarkupPart): string {
  if (value === null) return '';
  if (value instanceof Markup) return value.html;
  if (typeof value === 'string') return escapeHtml(value);
  return typeof value === 'number' ? String(value) : value.map(partHtml).join('');
}

/** The forms in which a run can be read. */
export type Form = 'markdown' | 'json' | 'text' | 'html';

interface FormEntry {
  readonly form: Form;
  readonly suffix: string;
  readonly mediaType: string;
  /** The `Content-Type` of a response. */
  readonly contentType: string;
}

/** In the server's order of preference: what wins when a client likes several equally. */
const FORMS: readonly FormEntry[] = [
  {
    form: 'markdown',
    suffix: 'md',
    mediaType: 'text/markdown',
    contentType: 'text/markdown; charset=utf-8',
  },
  {
    form: 'json',
    suffix: 'json',
    mediaType: 'application/json',
    contentType: 'application/json; charset=utf-8',
  },
  {
    form: 'text',
    suffix: 'txt',
    mediaType: 'text/plain',
    contentType: 'text/plain; charset=utf-8',
  },
  {
    form: 'html',
    suffix: 'html',
    mediaType: 'text/html',
    contentType: 'text/html; charset=utf-8',
  },
];

/** A client sends a handful; a header of thousands of ranges is not worth reading. */
const MOST_RANGES = 64;

interface MediaRange {
  readonly type: string;
  readonly q: number;
  /** Place in the header, from 0. */
  readonly order: number;
}

interface Offer {
  readonly form: Form;
  readonly q: number;
  /** 2 for an exact type, 1 for `text/*`, 0 for the wildcard. */
  readonly specificity: number;
  readonly order: number;
}

/**
 * Which form a reader wants.
 *
 * @param suffix what follows the id, `md` or `.md`; it wins over `accept`
 * @param accept the `Accept` header
 * @returns null when there is no such form: 404 for a suffix, 406 for a header
 * @see spec/rendering.md, Negotiation
 */
export function negotiate(suffix: string | null, accept: string | null): Form | null {
  if (suffix !== null) {
    const name = suffix.replace(/^\./, '');
    return FORMS.find((entry) => entry.suffix === name)?.form ?? null;
  }
  if (accept === null || accept.trim() === '') return 'markdown';
  const ranges = readAccept(accept);
  const offers = FORMS.flatMap((entry) => offerOf(entry, ranges));
  const [best] = offers.toSorted(
    (a, b) => b.q - a.q || b.specificity - a.specificity || a.order - b.order,
  );
  return best?.form ?? null;
}

/** The `Content-Type` header of a form. */
export function contentType(form: Form): string {
  return FORMS.find((entry) => entry.form === form)?.contentType ?? 'text/plain; charset=utf-8';
}

/** `text/html;q=0.9, *` + `/*` as ranges; what is malformed is left out. */
function readAccept(accept: string): MediaRange[] {
  return accept
    .split(',', MOST_RANGES)
    .map((part, order) => {
      const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
      const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
      return { type, q: /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? Number(q) : 0, order };
    })
    .filter(({ type }) => type.includes('/'));
}

/** The most specific range that matches decides (RFC 9110, 12.5.1); `q=0` means never. */
function offerOf({ form, mediaType }: FormEntry, ranges: readonly MediaRange[]): Offer[] {
  const patterns = ['*/*', `${mediaType.split('/')[0]}/*`, mediaType];
  const [best] = ranges
    .map(({ type, q, order }) => ({ form, q, order, specificity: patterns.indexOf(type) }))
    .filter(({ specificity }) => specificity >= 0)
    .toSorted((a, b) => b.specificity - a.specificity);
  return best === undefined || best.q === 0 ? [] : [best];
}

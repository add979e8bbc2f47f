/**
 * The offer that an `Accept` header likes best, the earlier one when it likes two the same;
 * null when it likes none. No header likes everything.
 * @see RFC 9110, section 12.5.1
 */
export function preferred<Offer extends string>(
  accept: string | null,
  offers: readonly Offer[],
): Offer | null {
  if (accept === null || accept.trim() === '') return offers[0] ?? null;
  const ranges = accept.split(',').map(readRange);
  const weighed = offers.map((offer) => ({ offer, weight: weightOf(offer, ranges) }));
  const best = weighed.reduce((a, b) => (b.weight > a.weight ? b : a), {
    offer: null as Offer | null,
    weight: 0,
  });
  return best.offer;
}

interface Range {
  readonly type: string;
  readonly weight: number;
}

function readRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  const weight = quality === undefined ? 1 : Number(quality.slice(2));
  return { type, weight: Number.isFinite(weight) ? weight : 0 };
}

/** The most specific range that matches decides. */
function weightOf(offer: string, ranges: readonly Range[]): number {
  const candidates = [offer, `${offer.split('/')[0] ?? ''}/*`, '*/*'];
  for (const candidate of candidates) {
    const range = ranges.find(({ type }) => type === candidate);
    if (range !== undefined) return range.weight;
  }
  return 0;
}

/** Whether a person looks at the answer in a browser. */
export function wantsPage(request: Request): boolean {
  const offers = ['application/json', 'text/html'] as const;
  return preferred(request.headers.get('accept'), offers) === 'text/html';
}

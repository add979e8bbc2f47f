/** Models that are shown at a time; the rest is found by typing. */
const MOST = 200;

/** What of a list of models is shown for what was typed. */
export interface Found {
  readonly models: readonly string[];
  /** How many more there are. */
  readonly left: number;
}

/**
 * The models whose names hold every word that was typed, in any order and case; those that begin
 * with the first word come first, in the order of the list otherwise.
 * @param models as `provider/model`
 */
export function searchModels(models: readonly string[], typed: string): Found {
  const words = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const matching = models.filter((model) => {
    const name = model.toLowerCase();
    return words.every((word) => name.includes(word));
  });
  const [first = ''] = words;
  const isFirst = (model: string) =>
    model
      .toLowerCase()
      .split('/')
      .some((part) => part.startsWith(first));
  const sorted = [...matching.filter(isFirst), ...matching.filter((model) => !isFirst(model))];
  return { models: sorted.slice(0, MOST), left: Math.max(0, sorted.length - MOST) };
}

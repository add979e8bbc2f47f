/** Characters of one name in a message; names come from strangers and can be as long as a document. */
const LONGEST = 80;

/** A name in a message, cut where it is long. */
export function shortName(name: string): string {
  return name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name;
}

/** Names in a message: the first so many, each cut where it is long, and how many more there are. */
export function nameList(names: readonly string[], most: number): string {
  const more = names.length - most;
  const shown = names.slice(0, most).map(shortName).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}

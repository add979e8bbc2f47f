/** Where a page stands: the last event it shows, and how much of which answer. */
export interface PagePlace {
  readonly seq: number;
  readonly step: number;
  readonly attempt: number;
  /** Finished blocks of the answer. */
  readonly blocks: number;
}

/** The place that a page names, see `pagePlace`; null for anything else. */
export function readPlace(text: string): PagePlace | null {
  if (!/^\d{1,12}(?:\.\d{1,9}){3}$/.test(text)) return null;
  const [seq = 0, step = 0, attempt = 0, blocks = 0] = text.split('.').map(Number);
  return { seq, step, attempt, blocks };
}

/** A count with thousands apart: `12,345`. */
export function countOf(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A count and its noun: `1 token`, `1,200 tokens`. */
export function counted(value: number, noun: string): string {
  return `${countOf(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** US dollars with the digits that matter: `$1.25`, `$0.0042`, `$0`. */
export function dollarsOf(usd: number): string {
  if (usd >= 1) return `$${usd.toFixed(2)}`;
  if (usd > 0 && usd < 1e-6) return 'less than $0.000001';
  // Two digits that are not zero.
  const places = usd === 0 ? 0 : 1 - Math.floor(Math.log10(usd));
  return `$${Number(usd.toFixed(places))}`;
}

/** Bytes in the unit a person would use: `512 B`, `12.3 kB`, `1.2 MB`. */
export function bytesOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_950) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Milliseconds in the unit a person would use: `12 ms`, `1.5 s`, `2 min 5 s`. */
export function durationOf(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${countOf(Math.floor(seconds / 60))} min ${seconds % 60} s`;
}

/** Such as `1,234`. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** An estimate: `≈ 1,200 tokens`, with two digits that mean something. */
export function tokens(value: number): string {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(value, 1))) - 1);
  const rounded = Math.round(value / step) * step;
  return `≈ ${count(rounded)} token${rounded === 1 ? '' : 's'}`;
}

/** Such as `12 KB`. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1_000_000
    ? `${count(Math.round(bytes / 1000))} KB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/**
 * Whether a tool may be used: it matches a name of `allowed` (all do when there is none) and no
 * name of `disallowed`. `*` stands for any characters.
 * @see spec/tool-servers.md TS-21
 */
export function isToolAllowed(
  name: string,
  allowed?: readonly string[],
  disallowed: readonly string[] = [],
): boolean {
  const matches = (pattern: string): boolean => matchesPattern(name, pattern);
  return (allowed === undefined || allowed.some(matches)) && !disallowed.some(matches);
}

/**
 * The first place of every piece between two `*` is enough: a later one could only leave less room
 * for the pieces after it. So nothing is tried twice, whatever a prompt writes.
 */
function matchesPattern(name: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, from);
    if (found === -1) return false;
    from = found + piece.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}

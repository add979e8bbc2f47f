/** The path of a value in the frontmatter as a JSON Pointer (RFC 6901): `/tools/0/server_url`. */
export function pointer(path: readonly (string | number)[]): string {
  return path
    .map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

/** The path of the key itself, not its value. */
export function keyPointer(path: readonly (string | number)[]): string {
  return `${pointer(path)}#`;
}

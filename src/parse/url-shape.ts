/** Path of the demo server on the server that runs the prompt. */
export const DEMO_PATH = '/demo/mcp';

/**
 * What an address looks like. A tool server's last path segment is `mcp` or `sse` (a slash or a
 * query may follow), or its first host label is `mcp` or ends in `-mcp` and the path is empty. An
 * address with a fragment names a place in a document.
 *
 * @see spec/prompt-format.md REF
 */
export function looksLikeMcp(url: string): boolean {
  if (!URL.canParse(url)) {
    return false;
  }
  const { hostname, pathname, hash } = new URL(url);
  if (hash !== '') {
    return false;
  }
  const path = pathname.replace(/\/$/, '');
  const last = path.slice(path.lastIndexOf('/') + 1);
  if (last === 'mcp' || last === 'sse') {
    return true;
  }
  const label = hostname.split('.', 1)[0] ?? '';
  return path === '' && hostname.includes('.') && (label === 'mcp' || label.endsWith('-mcp'));
}

/** An address on the server that runs the prompt: the demo server or an earlier run. */
export function ownPath(path: string): string | null {
  if (/^\/demo\/mcp\/?$/.test(path)) {
    return DEMO_PATH;
  }
  return /^(\/[A-Za-z0-9_-]{32})(?:\.(?:md|json|txt|html))?$/.exec(path)?.[1] ?? null;
}

/** What the `WWW-Authenticate` header of a server says. @see RFC 6750 section 3, RFC 9728 section 5.1 */
export interface Challenge {
  /** Where the metadata of the server is, as it was written. */
  readonly resourceMetadata: string | null;
  /** Space separated scopes; null when none are named. */
  readonly scope: string | null;
  readonly error: string | null;
}

const NOTHING: Challenge = { resourceMetadata: null, scope: null, error: null };
const MAX_HEADER = 8192;
const PARAMETER = /^\s*([\w-]{1,64})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)/;

/** Reads the `Bearer` challenge; what cannot be understood is as if it were not there. */
export function readChallenge(header: string | null): Challenge {
  if (header === null || header.length > MAX_HEADER) return NOTHING;
  const start = /(?:^|[\s,])bearer\s/i.exec(header);
  if (start === null) return NOTHING;
  const found = new Map<string, string>();
  let rest = header.slice(start.index + start[0].length);
  for (let match = PARAMETER.exec(rest); match !== null; match = PARAMETER.exec(rest)) {
    const [all, name = '', quoted, plain] = match;
    const value = quoted === undefined ? (plain ?? '') : quoted.replaceAll(/\\(.)/g, '$1');
    // The first one counts: a second could have been added by somebody else.
    if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), value);
    rest = rest.slice(all.length);
  }
  return {
    resourceMetadata: found.get('resource_metadata') ?? null,
    scope: found.get('scope') ?? null,
    error: found.get('error') ?? null,
  };
}

/** `${env:X}`, `${X}`, `${{ secrets.X }}`, `${{ env.X }}`, `$X`: all "the secret named X". */
const REFERENCE =
  /\$\{\{ {0,4}(?:secrets|env)\.([A-Za-z_]\w{0,99}) {0,4}\}\}|\$\{(?:env:|secret:)?([A-Za-z_]\w{0,99})\}|\$([A-Z_][A-Z0-9_]{0,99})\b/g;

/** Prefixes that tokens of well-known services begin with. */
const TOKEN_PREFIX =
  /(?:^|[\s"'=:])(?:sk-|pk_|rk_|sk_|ghp_|gho_|ghs_|github_pat_|glpat-|xox[abprs]-|AKIA|ASIA|AIza|eyJ|hf_|npm_|dckr_pat_|apify_api_|tvly-|shpat_|ntn_|secret_)[\w.-]{8,}/;
/** Names under which a credential is sent. */
const CREDENTIAL_NAME =
  /auth|token|secret|passw|credential|cookie|session|(?:^|[-_])key$|api[-_]?key/i;

/** A value with its secret references in the one form that the run knows, `${env:X}`. */
export function normalizeSecrets(value: string): string {
  return value.replace(
    REFERENCE,
    (_all, github?: string, braced?: string, bare?: string) =>
      `\${env:${github ?? braced ?? bare ?? ''}}`,
  );
}

/** Names of the secrets that a value refers to. */
export function referencedSecrets(value: string): readonly string[] {
  return [...value.matchAll(REFERENCE)].map(
    ([, github, braced, bare]) => github ?? braced ?? bare ?? '',
  );
}

/** What is left of a value without its secret references. */
function literalPart(value: string): string {
  return value.replace(REFERENCE, '');
}

/** Whether a value has a `${` that is no secret reference: `${input:key}`. */
export function hasForeignReference(value: string): boolean {
  return literalPart(value).includes('${');
}

/**
 * Whether a literal looks like a token. The document will be published, so a token in it would be
 * too; under a name that carries credentials everything but the scheme (`Bearer`) counts.
 *
 * @param name the header or parameter
 */
export function isLiteralSecret(name: string, value: string): boolean {
  const literal = literalPart(value).trim();
  if (TOKEN_PREFIX.test(literal)) {
    return true;
  }
  if (CREDENTIAL_NAME.test(name)) {
    return literal.replace(/^(?:bearer|basic|token|apikey)(?:\s|$)/i, '').trim() !== '';
  }
  return looksRandom(literal.replace(/^(?:bearer|basic|token)\s+/i, ''));
}

/** Twenty or more letters and digits mixed, and not a UUID. */
function looksRandom(text: string): boolean {
  const isUuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
  return /^[A-Za-z0-9_+=-]{24,}$/.test(text) && /\d/.test(text) && /[A-Za-z]/.test(text) && !isUuid;
}

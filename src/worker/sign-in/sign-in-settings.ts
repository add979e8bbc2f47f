import type { Variables } from '../settings.ts';

/** An OpenID provider that the operator chose. @see OpenID Connect Core 1.0 */
export interface OpenIdSettings {
  /** Exactly as its metadata and its tokens write it. */
  readonly issuer: string;
  readonly clientId: string;
  /** Null for a public client, which PKCE alone proves. */
  readonly clientSecret: string | null;
  /** Addresses, and domains with `@` before them, of who may come; empty for everybody. */
  readonly allow: readonly string[];
}

/** How people sign in who were given no key. */
export interface SignInSettings {
  /** Origin of OpenRouter; null where people do not sign in there. */
  readonly openRouter: string | null;
  readonly openId: OpenIdSettings | null;
}

/** The variables of this file. */
export const SIGN_IN_VARIABLES: readonly string[] = [
  'SIGN_IN',
  'OPENROUTER_ORIGIN',
  'OIDC_ISSUER',
  'OIDC_CLIENT_ID',
  'OIDC_CLIENT_SECRET',
  'OIDC_ALLOW',
];

/** Nobody signs in but with an API key. */
export const NO_SIGN_IN: SignInSettings = { openRouter: null, openId: null };

/**
 * Reads `SIGN_IN` and what it needs.
 * @param isLocal whether plain http may be used, for a developer's own machine
 * @throws TypeError that names the variable, never its value
 * @see spec/http-api.md, Settings
 */
export function signInSettings(variables: Variables, isLocal: boolean): SignInSettings {
  const ways = valueOf(variables, 'SIGN_IN').split(',');
  const named = ways.map((way) => way.trim()).filter((way) => way !== '');
  if (named.some((way) => way !== 'openrouter' && way !== 'oidc')) {
    throw new TypeError('SIGN_IN must be openrouter, oidc, or both with a comma between.');
  }
  return {
    openRouter: named.includes('openrouter') ? openRouterOrigin(variables, isLocal) : null,
    openId: named.includes('oidc') ? openId(variables, isLocal) : null,
  };
}

function openRouterOrigin(variables: Variables, isLocal: boolean): string {
  const text = valueOf(variables, 'OPENROUTER_ORIGIN') || 'https://openrouter.ai';
  const url = secureUrl(text, isLocal);
  if (url?.pathname === '/' && url.search === '') return url.origin;
  throw new TypeError('OPENROUTER_ORIGIN must be one https origin; http is for npm start.');
}

function openId(variables: Variables, isLocal: boolean): OpenIdSettings {
  const issuer = valueOf(variables, 'OIDC_ISSUER');
  const clientId = valueOf(variables, 'OIDC_CLIENT_ID');
  if (secureUrl(issuer, isLocal) === null) {
    throw new TypeError(
      'OIDC_ISSUER must be the https address of an OpenID provider, as its metadata writes it; http is for npm start.',
    );
  }
  if (!/^[!-~]{1,256}$/.test(clientId)) {
    throw new TypeError('OIDC_CLIENT_ID must be the client id that the OpenID provider gave.');
  }
  const clientSecret = valueOf(variables, 'OIDC_CLIENT_SECRET') || null;
  return { issuer, clientId, clientSecret, allow: allowIn(valueOf(variables, 'OIDC_ALLOW')) };
}

function allowIn(text: string): readonly string[] {
  const allowed = text.split(',').map((each) => each.trim().toLowerCase());
  const named = allowed.filter((each) => each !== '');
  if (named.every((each) => /^[^@\s]*@[^@\s]+$/.test(each))) return named;
  throw new TypeError(
    'OIDC_ALLOW must be addresses such as ann@people.example or domains such as @people.example, with commas between.',
  );
}

function secureUrl(text: string, isLocal: boolean): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isSecure = url?.protocol === 'https:' || (isLocal && url?.protocol === 'http:');
  return url !== null && isSecure && url.username + url.password + url.hash === '' ? url : null;
}

function valueOf(variables: Variables, name: string): string {
  return variables[name]?.trim() ?? '';
}

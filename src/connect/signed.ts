import { mac, sameSecret } from './keyed-hash.ts';

/**
 * Values that leave the server and come back: cookies and hidden fields. Signed, not secret: who
 * holds one can read it and cannot change it.
 */

/** What a value is for; one that was made for something else is worth nothing. */
export type Purpose = 'session' | 'login' | 'confirm' | 'consent';

/** Fields with an end, as text for a cookie or a form. */
export async function signed(
  key: string,
  purpose: Purpose,
  { fields, until }: { readonly fields: readonly string[]; readonly until: number },
): Promise<string> {
  const body = base64url(new TextEncoder().encode(JSON.stringify([String(until), ...fields])));
  return `${body}.${await signature(key, purpose, body)}`;
}

/** The fields, or null for anything that this server did not sign for this purpose, or that is over. */
export async function unsigned(
  key: string,
  purpose: Purpose,
  text: string,
): Promise<readonly string[] | null> {
  const [, body = '', given = ''] = /^([\w-]{1,4000})\.([\w-]{43})$/.exec(text) ?? [];
  if (!(await sameSecret(given, await signature(key, purpose, body))) || body === '') return null;
  const bytes = Uint8Array.from(atob(body.replaceAll('-', '+').replaceAll('_', '/')), (letter) =>
    letter.charCodeAt(0),
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- we signed it, so we wrote it
  const [until = '0', ...fields] = JSON.parse(new TextDecoder().decode(bytes)) as string[];
  return Number(until) > Date.now() ? fields : null;
}

/** A short mark of a secret, by which it is known again and cannot be found. */
export async function markOf(key: string, secret: string): Promise<string> {
  return base64url(await mac(key, `mark:${secret}`)).slice(0, 22);
}

async function signature(key: string, purpose: Purpose, body: string): Promise<string> {
  return base64url(await mac(key, `signed-${purpose}:${body}`));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

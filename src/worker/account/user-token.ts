import { mac } from '../../connect/keyed-hash.ts';
import { base62, randomBase62 } from '../../login/base62.ts';
import type { Settings } from '../settings.ts';

/**
 * Texts that say whose they are: keys that users make, and codes that stand for one for a minute.
 * Naming a Durable Object creates it for good, so the tag is checked before any is named: a guess
 * costs nothing and creates nothing.
 * @see spec/identity.md ID-32
 */

/** What a token is for; one that was made for something else is worth nothing. */
export type UserTokenKind = 'mdo' | 'mdc';

/** Who signed people in: OpenRouter, or the OpenID issuer of the settings. */
export type SignInWay = 'openrouter' | 'oidc';

const RANDOM_LENGTH = 32;
const TAG_LENGTH = 11;
const ID_LENGTH = 26;
const TOKEN = /^(mdo|mdc)_([oi][0-9A-Za-z]{26})([0-9A-Za-z]{32})([0-9A-Za-z]{11})$/;

/**
 * The id of a user: a letter for who signed them in, and a keyed hash of issuer and subject, so that
 * what is kept says nothing of who they are elsewhere.
 */
export async function userId(
  { idKey }: Settings,
  way: SignInWay,
  { issuer, subject }: { readonly issuer: string; readonly subject: string },
): Promise<string> {
  const hash = base62(await mac(idKey, `user:${issuer}\n${subject}`), ID_LENGTH);
  return (way === 'openrouter' ? 'o' : 'i') + hash;
}

/** A new token of a user: 190 random bits and a tag of 65. */
export async function newUserToken(
  { idKey }: Settings,
  kind: UserTokenKind,
  user: string,
): Promise<string> {
  const body = `${user}${randomBase62(RANDOM_LENGTH)}`;
  return `${kind}_${body}${await tagOf(idKey, kind, body)}`;
}

/** Whose token a text is, or null when this server did not make it for this. */
export async function userOfToken(
  { idKey }: Settings,
  kind: UserTokenKind,
  text: string,
): Promise<string | null> {
  const [, given, user = '', random = '', tag = ''] = TOKEN.exec(text) ?? [];
  if (given !== kind) return null;
  const expected = await tagOf(idKey, kind, user + random);
  const encoder = new TextEncoder();
  return crypto.subtle.timingSafeEqual(encoder.encode(tag), encoder.encode(expected)) ? user : null;
}

/** Whether a text looks like a key that a user made, its tag not checked. */
export function isUserKey(text: string): boolean {
  return text.startsWith('mdo_');
}

async function tagOf(idKey: string, kind: UserTokenKind, body: string): Promise<string> {
  return base62(await mac(idKey, `user-token-${kind}:${body}`), TAG_LENGTH);
}

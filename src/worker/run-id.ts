/**
 * Ids of runs: 22 random base62 characters and a 10 character tag made with the server's key.
 * Naming a Durable Object creates it for good, so the tag is checked before any object is named:
 * a guessed id costs nothing and creates nothing.
 */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 22;
const TAG_LENGTH = 10;

/** What an id looks like, its tag not checked. */
export const RUN_ID = /^[0-9A-Za-z]{32}$/;

/** A new id: about 131 random bits and a tag of 59. */
export async function newRunId(idKey: string): Promise<string> {
  const random = randomBase62(RANDOM_LENGTH);
  return random + (await tagOf(idKey, random));
}

/** Whether this server made the id. Takes the same time for every wrong tag. */
export async function isRunId(idKey: string, id: string): Promise<boolean> {
  if (!RUN_ID.test(id)) return false;
  const tag = await tagOf(idKey, id.slice(0, RANDOM_LENGTH));
  return sameText(tag, id.slice(RANDOM_LENGTH));
}

/** The token that proves ownership of a run: whoever holds only the run's URL cannot make it. */
export async function ownerToken(idKey: string, id: string): Promise<string> {
  return base62(await mac(idKey, `owner-token:${id}`), 43);
}

/** Compares secrets in a time that says nothing of how much of them is right. */
export async function sameSecret(given: string, expected: string): Promise<boolean> {
  // Digests have one length, so that not even the length of the secret shows.
  return crypto.subtle.timingSafeEqual(await digest(given), await digest(expected));
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
}

function sameText(a: string, b: string): boolean {
  const encoder = new TextEncoder();
  return crypto.subtle.timingSafeEqual(encoder.encode(a), encoder.encode(b));
}

async function tagOf(idKey: string, random: string): Promise<string> {
  return base62(await mac(idKey, `run-id:${random}`), TAG_LENGTH);
}

/** A keyed hash. Every use begins `text` with a word of its own, so that none serves for another. */
export async function mac(idKey: string, text: string): Promise<Uint8Array> {
  const encoder = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', encoder.encode(idKey), algorithm, false, [
    'sign',
  ]);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text)));
}

/** The bytes as one number in base 62, its last `length` digits. */
function base62(bytes: Uint8Array, length: number): string {
  let rest = bytes.reduce((number, byte) => number * 256n + BigInt(byte), 0n);
  let text = '';
  for (let index = 0; index < length; index += 1) {
    text = (ALPHABET[Number(rest % 62n)] ?? '') + text;
    rest /= 62n;
  }
  return text;
}

/** Uniform characters: bytes from 248 up would favour the first ones, so they are drawn again. */
export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    const bytes = crypto.getRandomValues(new Uint8Array(length));
    for (const byte of bytes) if (byte < 248) text += ALPHABET[byte % 62] ?? '';
  }
  return text.slice(0, length);
}

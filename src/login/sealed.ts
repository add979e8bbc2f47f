import { base64url, fromBase64url } from './random.ts';

/** Seals texts so that only the same principal can open them, at the same place. */
export interface Seal {
  /** @param place what the text is bound to, such as the kind and key of its row */
  close(place: string, text: string): Promise<string>;
  /** The text, or null when the row was cut, changed, moved, or sealed with a key that is gone. */
  open(place: string, sealed: string): Promise<string | null>;
}

type AesKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

interface Key {
  readonly id: string;
  readonly key: AesKey;
}

const NONCE_BYTES = 12;
const KEY_ID_BYTES = 6;

/**
 * AES-256-GCM with a key per principal (HKDF-SHA-256) and a random nonce of 96 bit. The place is
 * associated data: whoever can write to the storage cannot swap rows, nor give one principal the
 * row of another.
 * @param secrets the first closes, all of them open
 * @throws TypeError without a secret
 * @see spec/tool-servers.md TS-48
 */
export function seal(principal: string, secrets: readonly string[]): Seal {
  if (secrets.length === 0) throw new TypeError('A vault needs a key.');
  let derived: Promise<readonly Key[]> | undefined;
  const keys = (): Promise<readonly Key[]> =>
    (derived ??= Promise.all(secrets.map((secret) => keyOf(principal, secret))));
  return {
    close: async (place, text) => {
      const [first] = await keys();
      if (first === undefined) throw new TypeError('A vault needs a key.');
      const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const algorithm = { name: 'AES-GCM', iv, additionalData: bound(principal, place) };
      const bytes = await crypto.subtle.encrypt(algorithm, first.key, utf8(text));
      return `1.${first.id}.${base64url(iv)}.${base64url(new Uint8Array(bytes))}`;
    },
    open: async (place, sealed) => {
      const [version, id, nonce, content] = sealed.split('.');
      const found = (await keys()).find((each) => each.id === id);
      const iv = fromBase64url(nonce ?? '');
      const bytes = fromBase64url(content ?? '');
      if (version !== '1' || found === undefined || iv === null || bytes === null) return null;
      const algorithm = { name: 'AES-GCM', iv, additionalData: bound(principal, place) };
      try {
        return new TextDecoder().decode(await crypto.subtle.decrypt(algorithm, found.key, bytes));
      } catch {
        return null;
      }
    },
  };
}

async function keyOf(principal: string, secret: string): Promise<Key> {
  const source = await crypto.subtle.importKey('raw', utf8(secret), 'HKDF', false, [
    'deriveKey',
    'deriveBits',
  ]);
  const from = (use: string) => ({
    name: 'HKDF',
    hash: 'SHA-256',
    salt: utf8('markdownops vault 1'),
    info: utf8(JSON.stringify([use, principal])),
  });
  const aes = { name: 'AES-GCM', length: 256 };
  const uses: ('encrypt' | 'decrypt')[] = ['encrypt', 'decrypt'];
  const key = await crypto.subtle.deriveKey(from('seal'), source, aes, false, uses);
  const id = await crypto.subtle.deriveBits(from('id'), source, KEY_ID_BYTES * 8);
  return { id: base64url(new Uint8Array(id)), key };
}

function bound(principal: string, place: string): Uint8Array<ArrayBuffer> {
  return utf8(JSON.stringify([principal, place]));
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text));
}

/** A keyed hash. Every use begins `text` with a word of its own, so that none serves for another. */
export async function mac(key: string, text: string): Promise<Uint8Array> {
  const encoder = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const secret = await crypto.subtle.importKey('raw', encoder.encode(key), algorithm, false, [
    'sign',
  ]);
  return new Uint8Array(await crypto.subtle.sign('HMAC', secret, encoder.encode(text)));
}

/** Compares secrets in a time that says nothing of how much of them is right. */
export async function sameSecret(given: string, expected: string): Promise<boolean> {
  // Digests have one length, so that not even the length of the secret shows.
  const [one, other] = await Promise.all([digest(given), digest(expected)]);
  return one.reduce((different, byte, at) => different | (byte ^ (other[at] ?? 0)), 0) === 0;
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}

import { Fault } from '../../fault/fault.ts';
import { isObject } from '../../protocol/json.ts';
import type { PostedPrompt } from './read-prompt.ts';

/**
 * The key that a request gives itself, so that sending it again does not run its prompt again.
 * @param said what header, query and body say; null where they say nothing
 * @throws Fault `bad_request` when it is no key, or not one
 */
export function idempotencyKey(said: readonly (string | null)[]): string | undefined {
  const [key, ...others] = new Set(said.filter((each) => each !== null));
  if (key === undefined) return undefined;
  if (others.length > 0) throw new Fault('bad_request', 'The request has two idempotency keys.');
  if (/^[!-~]{1,255}$/.test(key)) return key;
  throw new Fault(
    'bad_request',
    'An idempotency key has 1 to 255 visible ASCII characters and no spaces.',
  );
}

/**
 * The key of a request with a hash of everything that decides what runs; null without a key.
 * @param program that acts for who asks, with keys of its own: the run that a key stands for is shown to
 *   whoever sends it
 */
export async function onceOf(
  { text, inputs, user = '', idempotencyKey: key }: PostedPrompt,
  isSuggested: boolean,
  program: string | null,
): Promise<{ readonly key: string; readonly hash: string } | null> {
  if (key === undefined) return null;
  const { overrides = {}, input = {} } = inputs;
  const whole = canonical([text, overrides, input, user, isSuggested]);
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(whole));
  // No key that is sent has a space.
  return {
    key: program === null ? key : `${program} ${key}`,
    hash: [...new Uint8Array(hash)].map(hexadecimal).join(''),
  };
}

/** JSON with the keys of every object in order; bodies nest only so deep. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const members = Object.keys(value)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(',')}}`;
}

function hexadecimal(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

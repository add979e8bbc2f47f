import { mac } from '../../connect/keyed-hash.ts';
import { base62, randomBase62 } from '../../login/base62.ts';

/**
 * Ids of runs: 22 random base62 characters and a 10 character tag made with the server's key.
 * Naming a Durable Object creates it for good, so the tag is checked before any object is named:
 * a guessed id costs nothing and creates nothing.
 */
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

function sameText(a: string, b: string): boolean {
  const encoder = new TextEncoder();
  return crypto.subtle.timingSafeEqual(encoder.encode(a), encoder.encode(b));
}

async function tagOf(idKey: string, random: string): Promise<string> {
  return base62(await mac(idKey, `run-id:${random}`), TAG_LENGTH);
}

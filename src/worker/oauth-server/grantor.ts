import { mac, sameSecret } from '../../connect/keyed-hash.ts';
import { markOf } from '../../connect/signed.ts';
import { base62 } from '../../login/base62.ts';
import { accountClient } from '../account/account-client.ts';
import type { Env } from '../env.ts';
import { mayBeHere } from '../principal/session.ts';
import type { Settings } from '../settings.ts';

/**
 * Who let a program act for them. Tokens begin with the name of the grantor, and it names an object:
 * it says nothing of who that is, and carries a mark without which none is named, since naming an
 * object makes a database.
 */

const NAME_LENGTH = 22;
const MARK_LENGTH = 10;

/** The name of a principal in tokens. */
export async function grantorId(principal: string, { idKey }: Settings): Promise<string> {
  const name = base62(await mac(idKey, `grantor:${principal}`), NAME_LENGTH);
  return name + (await grantorMark(name, idKey));
}

/** Whether this server made the name. */
export async function isGrantorId(id: string, { idKey }: Settings): Promise<boolean> {
  if (!/^[0-9A-Za-z]{32}$/.test(id)) return false;
  return sameSecret(id.slice(NAME_LENGTH), await grantorMark(id.slice(0, NAME_LENGTH), idKey));
}

async function grantorMark(name: string, idKey: string): Promise<string> {
  return base62(await mac(idKey, `grantor-mark:${name}`), MARK_LENGTH);
}

/** What every token of a program carries, sealed by the token itself. */
export interface Grantor {
  readonly principal: string;
  /** The same, for a person to read. */
  readonly person: string;
  /** Marks of what proved the principal. */
  readonly marks: readonly string[];
}

/** Marks of the keys that a principal has now; none for who is known without one. */
export async function marksOf(principal: string, settings: Settings): Promise<readonly string[]> {
  const name = /^key:(.+)$/.exec(principal)?.[1];
  const keys = settings.apiKeys.filter((each) => each.name === name);
  return Promise.all(keys.map(({ key }) => markOf(settings.idKey, key)));
}

/**
 * Whether the grantor is still who they were: a key that was taken away or replaced ends what
 * programs do for it, as it ends its sessions.
 */
export async function stillStands(
  { principal, marks }: Grantor,
  env: Env,
  settings: Settings,
): Promise<boolean> {
  if (principal === 'local') return settings.localOwner;
  const user = /^user:(.+)$/.exec(principal)?.[1];
  if (user !== undefined) {
    return mayBeHere(settings, user) && (await accountClient(env, principal).isLetIn());
  }
  const now = await marksOf(principal, settings);
  return now.some((mark) => marks.includes(mark));
}

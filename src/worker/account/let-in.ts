import { markOf } from '../../connect/signed.ts';
import type { Settings } from '../settings.ts';

/**
 * By what somebody was let in who signed in with OpenID: marks of the issuer, their address and its
 * domain. Compared with the settings at each use, since the operator may let them in no more, and a
 * key would else go on for ever.
 * @returns text to be kept; it says nothing of who they are
 * @see spec/identity.md ID-36
 */
export async function letInBy(
  { idKey }: Settings,
  { issuer, email }: { readonly issuer: string; readonly email: string | null },
): Promise<string> {
  const address = email?.toLowerCase() ?? '';
  const named = address === '' ? [] : [address, address.slice(address.lastIndexOf('@'))];
  const marks = [issuerMark(idKey, issuer), ...named.map((each) => nameMark(idKey, each))];
  return (await Promise.all(marks)).join(' ');
}

/** Whether what {@link letInBy} said is enough now. */
export async function isStillLetIn({ idKey, signIn }: Settings, kept: string): Promise<boolean> {
  const { openId } = signIn;
  if (openId === null) return false;
  const [issuer, ...names] = kept.split(' ');
  if (issuer !== (await issuerMark(idKey, openId.issuer))) return false;
  if (openId.allow.length === 0) return true;
  const allowed = await Promise.all(openId.allow.map((each) => nameMark(idKey, each)));
  return allowed.some((each) => names.includes(each));
}

function issuerMark(idKey: string, issuer: string): Promise<string> {
  return markOf(idKey, `let-in-issuer:${issuer}`);
}

function nameMark(idKey: string, name: string): Promise<string> {
  return markOf(idKey, `let-in-name:${name}`);
}

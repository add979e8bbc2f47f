import type { Env } from '../env.ts';
import type { AddressObject } from './address-object.ts';
import { mac } from '../../connect/keyed-hash.ts';
import { base62 } from '../../login/base62.ts';
import type { Settings } from '../settings.ts';

/** The methods of an address's object as they are called from outside. */
export type AddressClient = {
  readonly [Name in 'take' | 'release']: (
    ...parameters: Parameters<AddressObject[Name]>
  ) => Promise<Awaited<ReturnType<AddressObject[Name]>>>;
};

/**
 * The name of the object that counts for where a request comes from: a keyed hash, so that nothing
 * that is kept says who was here.
 */
export async function addressName(request: Request, settings: Settings): Promise<string> {
  return base62(await mac(settings.idKey, `address:${networkOf(request, settings)}`), 43);
}

/** The object of an address, by its {@link addressName}. */
export function addressClient(env: Env, name: string): AddressClient {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- derived from the class itself
  return env.ADDRESSES.getByName(name) as unknown as AddressClient;
}

/**
 * The address that a request comes from. In front of a deployed Worker the platform writes the
 * header itself. Nobody does so in front of a local server, where a caller could write another one
 * into every request to be counted anew each time: it listens on loopback alone, so whatever comes
 * through its tunnel has one address.
 */
function networkOf(request: Request, { localOrigin }: Settings): string {
  if (localOrigin !== null) return 'loopback';
  return network(request.headers.get('cf-connecting-ip') ?? '');
}

/** An IPv6 network of 64 bits is one customer's, who has every address in it. */
function network(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(8 - before.length - after.length, 0);
  const all = [...before, ...Array<string>(zeros).fill('0'), ...after];
  return all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

import { Fault } from '../../fault/fault.ts';
import { ownOrigin } from '../guards.ts';
import type { Settings } from '../settings.ts';

/**
 * What our tokens are for: `/mcp` of the origin that gave them, and everything below it. A tool
 * server made of one prompt is a part of the whole: what a token allows is said by its scopes.
 * @see RFC 8707; RFC 9728; spec/identity.md, Programs
 */

/** Our one resource. */
const PATH = '/mcp';

const BELOW = /^\/mcp(?:\/[0-9A-Za-z]{1,64})?$/;

/** The identifier that tokens of an origin carry as their audience. */
export function resourceOf(origin: string): string {
  return origin + PATH;
}

/**
 * The origin as which this server gives tokens: its issuer, by which a token of one name of ours is
 * worth nothing under another.
 * @throws Fault `misconfigured` without https, where anybody on the way could read the tokens
 */
export function issuerOf(request: Request, settings: Settings): string {
  const origin = ownOrigin(request, settings);
  const { protocol, hostname } = new URL(origin);
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if (protocol === 'https:' || isLoopback) return origin;
  throw new Fault('misconfigured', 'Programs log in over https only: correct PUBLIC_URL.');
}

/** The path of a request when it is our resource or a part of it, else the resource itself. */
export function resourcePathOf(pathname: string): string {
  return BELOW.test(pathname) ? pathname : PATH;
}

/**
 * The parameters with every part of our resource named as the whole, as RFC 8707, section 2.2 lets an
 * authorization server do; other resources stay, to be refused.
 */
export function withWholeResource(parameters: URLSearchParams, origin: string): URLSearchParams {
  const named = parameters.getAll('resource').map((resource) => {
    const isPart = resource.startsWith(origin) && BELOW.test(resource.slice(origin.length));
    return isPart ? resourceOf(origin) : resource;
  });
  const changed = new URLSearchParams(parameters);
  changed.delete('resource');
  for (const resource of new Set(named)) changed.append('resource', resource);
  return changed;
}

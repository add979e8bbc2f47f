/**
 * Who asks. Never taken from a field of the request that anybody could fill in: the local owner
 * is a binding that the launcher sets and counts under a name of loopback alone, an API key proves
 * its name or the user who made it, and so does a browser that signed in.
 * @see spec/identity.md
 */
export type Principal = KnownPrincipal | { readonly kind: 'anonymous' };

/** Somebody who can own something here. */
export type KnownPrincipal =
  | { readonly kind: 'local' }
  | { readonly kind: 'key'; readonly name: string }
  /** Somebody who signed in; the id is `userId`'s. */
  | { readonly kind: 'user'; readonly id: string };

/** The name under which a run remembers who made it; null for nobody. */
export function principalName(principal: KnownPrincipal): string;
export function principalName(principal: Principal): string | null;
export function principalName(principal: Principal): string | null {
  switch (principal.kind) {
    case 'local':
      return 'local';
    case 'key':
      return `key:${principal.name}`;
    case 'user':
      return `user:${principal.id}`;
    case 'anonymous':
      return null;
  }
}

/**
 * The principal of a name that {@link principalName} gave.
 * @throws TypeError for any other text
 */
export function namedPrincipal(name: string): KnownPrincipal {
  if (name === 'local') return { kind: 'local' };
  if (name.startsWith('key:')) return { kind: 'key', name: name.slice(4) };
  if (name.startsWith('user:')) return { kind: 'user', id: name.slice(5) };
  throw new TypeError(`There is no principal of the name ${name}.`);
}

/**
 * Whether it is somebody who signed in with OpenRouter: anybody can. Their own key pays for their
 * models, and nothing that is the operator's is theirs.
 * @param principal as {@link principalName} says it
 */
export function isGuest(principal: string | null): boolean {
  return principal?.startsWith('user:o') === true;
}

/** Whether what belongs to this server's people may be used: its secrets, its open addresses. */
export function isOfThisServer(principal: string | null): boolean {
  return principal !== null && !isGuest(principal);
}

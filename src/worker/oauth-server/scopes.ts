/** What a program can be let do. @see spec/identity.md, Programs */
export const SCOPES = ['runs', 'connections', 'offline_access'] as const;

/** What a program gets that asks for nothing: running prompts is what it came for. */
const LEAST = ['runs'];

/**
 * The scopes that a program is offered to somebody for: those of ours that it asked for. To stay
 * while nobody is there is also asked for by registering for refresh tokens.
 * @returns nothing when all that it asked for is unknown
 */
export function scopesFor(asked: readonly string[], wantsRefresh: boolean): readonly string[] {
  const named: readonly string[] = asked.length === 0 ? LEAST : asked;
  const known = SCOPES.filter((scope) => named.includes(scope));
  const isUseful = known.some((scope) => scope !== 'offline_access');
  if (!isUseful) return [];
  return wantsRefresh ? [...new Set([...known, 'offline_access'])] : known;
}

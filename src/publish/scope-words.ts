/** What each scope allows, in words for the person who gives it. @see spec/identity.md, Programs */
const WORDS: Readonly<Record<string, string>> = {
  runs: 'Run prompts for you, also prompts of yours whose address it has, and read and end the runs that it made. Runs use your models, your secrets and your logins to tool servers.',
  connections: 'See the list of your logins to tool servers.',
  offline_access: 'Go on when you are away, until you end it or do not use it for 30 days.',
};

/** Scopes as sentences; one that has none is shown as it is. */
export function scopeWords(scopes: readonly string[]): readonly string[] {
  return scopes.map((scope) => WORDS[scope] ?? scope);
}

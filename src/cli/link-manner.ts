import type { Arguments } from './options.ts';
import type { LinkManner } from './person.ts';
import { UsageError } from './usage-error.ts';

/**
 * What the command line says about links of logins.
 * @throws UsageError for `--open` with `--no-open`
 */
export function linkManner(given: Arguments): LinkManner {
  if (given.has('open') && given.has('no-open')) {
    throw new UsageError('`--open` does not go with `--no-open`.');
  }
  const opens = given.has('open') ? 'now' : given.has('no-open') ? 'never' : 'asked';
  return { opens, waits: given.has('wait-login') };
}

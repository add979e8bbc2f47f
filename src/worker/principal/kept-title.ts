import { seal } from '../../login/sealed.ts';
import type { Settings } from '../settings.ts';

/**
 * The title of a run as the list of its principal keeps it. It begins with what the prompt says,
 * and what a database deletes stays in its files for a while: so it is never written in the clear.
 */

const PLACE = 'title';

/** The title, sealed for its principal. */
export function closeTitle(title: string, principal: string, settings: Settings): Promise<string> {
  return seal(`runs:${principal}`, settings.vaultKeys).close(PLACE, title);
}

/** The title, or a dash when it was sealed with a key that is gone. */
export async function openTitle(
  sealed: string,
  principal: string,
  settings: Settings,
): Promise<string> {
  return (await seal(`runs:${principal}`, settings.vaultKeys).open(PLACE, sealed)) ?? '–';
}

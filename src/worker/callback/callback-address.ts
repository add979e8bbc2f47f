import { seal, type Seal } from '../../login/sealed.ts';
import type { CompletionRequest } from '../../normalize/request.ts';
import type { Settings } from '../settings.ts';

/**
 * The address of a callback at rest. It may hold a token, and what a database deletes stays in its
 * files for a while: so it is never written in the clear.
 */

const PLACE = 'callback';

/** The request as its run is accepted with: the address of its callback is sealed for this run. */
export async function withSealedCallback(
  request: CompletionRequest,
  id: string,
  settings: Settings,
): Promise<CompletionRequest> {
  const { callback } = request;
  if (callback === undefined) return request;
  const url = await sealOf(id, settings).close(PLACE, callback.url);
  return { ...request, callback: { ...callback, url } };
}

/** The address, or null when it was sealed with a key that is gone. */
export function openAddress(
  sealed: string,
  id: string,
  settings: Settings,
): Promise<string | null> {
  return sealOf(id, settings).open(PLACE, sealed);
}

function sealOf(id: string, { vaultKeys }: Settings): Seal {
  return seal(`run:${id}`, vaultKeys);
}

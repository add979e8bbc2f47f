import { sameSecret } from '../../connect/keyed-hash.ts';
import { principalName, runner } from '../principal/principal.ts';
import type { Principal } from '../principal/principal.ts';
import { there } from './read-run.ts';
import type { RunRequest } from './read-run.ts';
import { runClient } from './run-client.ts';
import { ownerToken } from './run-id.ts';

/**
 * Who would run a prompt that begins with this run.
 * @throws Fault `unauthorized`, as {@link runner} does
 */
export async function askerOf(run: RunRequest): Promise<Principal> {
  return await runner(await withoutToken(run), run.env, run.settings);
}

/**
 * Whether a run is the asker's own: they made it, and nobody suggested it to them. Its owner token
 * alone does not say so. It can be handed on, and a neighbour under the same domain can set a
 * cookie: a stranger's words would then run with the logins of whoever holds it.
 * @param as its words as they were said, or its prompt as a document that is read again
 * @throws Fault `not_found`, `gone`
 * @see spec/identity.md ID-18
 */
export async function isOwnRun(
  { env, id }: RunRequest,
  asker: Principal,
  as: 'words' | 'document',
): Promise<boolean> {
  return there(await runClient(env, id).isBy(principalName(asker), as));
}

/** The owner token in the place of a key says whose the run is, and nothing of who asks. */
async function withoutToken({ request, settings, id }: RunRequest): Promise<Request> {
  const given = request.headers.get('authorization') ?? '';
  if (!(await sameSecret(given, `Bearer ${await ownerToken(settings.idKey, id)}`))) return request;
  const headers = new Headers(request.headers);
  headers.delete('authorization');
  return new Request(request.url, { headers });
}

import { ownOrigin } from '../guards.ts';
import { toOwnPage } from '../post/post-run.ts';
import { identityOf } from '../principal/identity.ts';
import { principalName } from '../principal/principal.ts';
import type { Settings } from '../settings.ts';
import { there } from './read-run.ts';
import type { RunRequest } from './read-run.ts';
import { runClient } from './run-client.ts';
import { ownerToken } from './run-id.ts';

/**
 * `GET /{id}/own`: to the page of a run, with the proof of ownership where whoever sits at the
 * machine made it. A program that ran it for them, at `/mcp`, was given no token that they could show.
 * Who is not known signs in first, where that is possible: who made it with a key owns it then.
 * @throws Fault `not_found`, `gone`, `unauthorized` for a key that is not known
 * @see spec/identity.md ID-7
 */
export async function ownPage({
  env,
  settings,
  request,
  id,
  proof,
}: RunRequest): Promise<Response> {
  const identity = await identityOf(request, env, settings);
  const principal = identity?.by === 'machine' ? principalName(identity.principal) : null;
  const { viewer } = there(await runClient(env, id).view({ holdsToken: false, principal }));
  if (viewer !== 'owner') {
    const isUnknown = identity === null && !proof.holdsToken;
    const location =
      isUnknown && canSignIn(settings)
        ? `/sign-in?return=${encodeURIComponent(`/${id}`)}`
        : `/${id}`;
    return new Response(null, { status: 303, headers: { location } });
  }
  const url = `${ownOrigin(request, settings)}/${id}`;
  return toOwnPage({ id, url, owner_token: await ownerToken(settings.idKey, id) });
}

function canSignIn({ apiKeys, signIn }: Settings): boolean {
  return apiKeys.length > 0 || signIn.openRouter !== null || signIn.openId !== null;
}

import { wantsPage } from '../../connect/accept.ts';
import { json, seeOther } from '../../connect/responses.ts';
import { Fault } from '../../fault/fault.ts';
import { isoTime } from '../../publish/iso-time.ts';
import type { Markup } from '../../publish/markup.ts';
import { programsHtml } from '../../publish/render-programs.ts';
import type { ShownProgram } from '../../publish/render-programs.ts';
import type { Env } from '../env.ts';
import { checkFormAction, formActionDone } from '../post/form-action.ts';
import { knownRequest } from '../principal/known-request.ts';
import type { KnownRequest } from '../principal/known-request.ts';
import type { Settings } from '../settings.ts';
import { grantorId } from './grantor.ts';
import { grantorClient } from './oauth-client.ts';
import type { ProgramFacts } from './oauth-desk.ts';

/**
 * The programs that may act for the sender: list and end.
 * @see spec/http-api.md, Programs
 */

/** `GET /connections/programs` */
export async function listPrograms(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Response> {
  const known = await sender(request, env, settings);
  if (wantsPage(request)) return seeOther('/connections');
  const data = (await programsOf(known)).map((program) => ({
    id: program.id,
    object: 'program',
    client_id: program.clientId,
    name: program.name,
    redirect_host: program.redirectHost,
    scope: program.scopes.join(' '),
    created_at: isoTime(program.created_at),
    expires_at: isoTime(program.ends_at),
  }));
  return json({ object: 'list', data });
}

/** `DELETE /connections/programs/{id}`, and `POST` with `action=end` for forms. */
export async function endProgram(
  request: Request,
  env: Env,
  settings: Settings,
  id: string,
): Promise<Response> {
  const known = await sender(request, env, settings);
  await checkFormAction(request, 'end');
  const grantor = await grantorId(known.principal, settings);
  const isEnded =
    /^[\w-]{16}$/.test(id) && (await grantorClient(env, grantor).end(known.origin, grantor, id));
  if (!isEnded) throw new Fault('not_found');
  return formActionDone(request, '/connections');
}

/** The part of the page of connections that is about programs. */
export async function programsSection(known: KnownRequest): Promise<Markup> {
  return programsHtml(await programsOf(known));
}

async function programsOf(known: KnownRequest): Promise<readonly ShownProgram[]> {
  const { env, settings, principal, origin } = known;
  const grantor = await grantorId(principal, settings);
  const grants = await grantorClient(env, grantor).list(origin, grantor);
  return grants.map(({ id, clientId, scope, metadata, createdAt, expiresAt = 0 }) => {
    const { name, domain, redirect_host } = factsIn({ metadata });
    return {
      id,
      clientId,
      name,
      domain,
      redirectHost: redirect_host,
      scopes: scope,
      created_at: createdAt * 1000,
      ends_at: expiresAt * 1000,
    };
  });
}

/** What was remembered of the program of a grant. */
export function factsIn({ metadata }: { readonly metadata: unknown }): ProgramFacts {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- we kept it, so we wrote it
  return metadata as ProgramFacts;
}

/** @throws Fault `unauthorized` */
async function sender(request: Request, env: Env, settings: Settings): Promise<KnownRequest> {
  const known = await knownRequest(request, env, settings);
  if (known === null) throw new Fault('unauthorized', 'Programs act for somebody: sign in.');
  return known;
}

import { inputRequired } from '@modelcontextprotocol/server';
import type { InputRequest } from '@modelcontextprotocol/server';
import { actionText } from '../../publish/action-words.ts';
import { runUrls, siteUrl } from '../../publish/run-urls.ts';
import type { RunUrls } from '../../publish/run-urls.ts';
import type { RequiredAction } from '../../run/required-action.ts';
import type { RunView } from '../../run/view.ts';
import { runClient } from '../run/run-client.ts';
import type { McpCaller } from './mcp-caller.ts';
import { proofOfCaller } from './tool-call.ts';
import type { McpCall } from './tool-call.ts';

/** Whether the client can lead somebody to a page. */
export function asksForPages({ capabilities }: McpCall): boolean {
  return capabilities()?.elicitation?.url !== undefined;
}

/** Something that the owner of a run can do something about. */
export type OwnedAction = RequiredAction & { readonly own: NonNullable<RequiredAction['own']> };

/** What the run waits for, as a request to open a page of ours; nothing is answered in the client. */
export function inputRequests(
  actions: readonly OwnedAction[],
  { id }: RunView,
  { caller }: McpCall,
): Record<string, InputRequest> {
  const urls = pageUrls(caller, id);
  return Object.fromEntries(
    actions.map((action) => {
      const { connect_path } = action.own;
      const url = connect_path === null ? urls.html : siteUrl(urls, connect_path);
      return [action.own.id, inputRequired.elicitUrl({ message: actionText(action, urls), url })];
    }),
  );
}

/**
 * The addresses of a run for the person behind its caller. Whoever sits at the machine is shown the
 * page of the run as its owner at one that proves them so; others sign in.
 */
export function pageUrls(
  { origin, principal }: Pick<McpCaller, 'origin' | 'principal'>,
  id: string,
): RunUrls {
  const urls = runUrls(origin, id);
  return principal === 'local' ? { ...urls, html: `${urls.html}/own` } : urls;
}

/** What a run waits for its owner for. */
export function ownActions(run: RunView): readonly OwnedAction[] {
  return run.required_actions.flatMap(({ own, ...action }) =>
    own === null ? [] : [{ ...action, own }],
  );
}

/** Somebody said no: of a login that ends the run, of a call or a question that is its answer. */
export async function declined(
  { env, caller }: McpCall,
  id: string,
  action: string,
): Promise<void> {
  await runClient(env, id).resolveAction(proofOfCaller(caller), action, { action: 'decline' });
}

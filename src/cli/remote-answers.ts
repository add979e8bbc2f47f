import { isObject } from '../protocol/json.ts';
import type { ActionAnswers } from './action-desk.ts';
import { hostOf } from './login-page.ts';
import type { RunOrder } from './run-order.ts';
import type { AcceptedRun, RemoteServer } from './remote-server.ts';

/** Answers what a run on a server asks: shows its links, and sends what a person typed. */
export function remoteAnswers(
  server: RemoteServer,
  run: AcceptedRun,
  { person, approver }: Pick<RunOrder, 'person' | 'approver'>,
): ActionAnswers {
  const sent = async (sending: Promise<void>, signal: AbortSignal): Promise<void> => {
    try {
      await sending;
    } catch (error) {
      if (signal.aborted) return;
      const why = error instanceof Error ? error.message : String(error);
      person.say('note', `The answer could not be sent. ${why}`);
    }
  };
  return {
    async login(action_id, { server: label, url }, event, signal) {
      person.say('login', `${label} (${hostOf(url)}) wants a login. Log in here:`);
      await person.showLink(connectUrl(event, action_id, run), signal);
    },
    async question(action_id, action, signal) {
      const answering = async (): Promise<void> => {
        const answer = await person.elicit(action.server, action, signal);
        if (!signal.aborted) await server.answer(run, action_id, answer);
      };
      await sent(answering(), signal);
    },
    async approval(action_id, action, signal) {
      if (!approver.answers) return;
      const answering = async (): Promise<void> => {
        const decision = (await approver.allows(action, signal)) ? 'approve' : 'deny';
        if (!signal.aborted) await server.answer(run, action_id, { decision });
      };
      await sent(answering(), signal);
    },
  };
}

/** The page of the login, on the public name of the server: there the person is signed in. */
function connectUrl(event: unknown, action_id: string, run: AcceptedRun): string {
  const link = isObject(event) ? event['connect_url'] : undefined;
  if (typeof link === 'string' && /^https?:\/\//.test(link)) return link;
  return new URL(`/connect/${encodeURIComponent(action_id)}`, run.shown[0] ?? run.url).href;
}

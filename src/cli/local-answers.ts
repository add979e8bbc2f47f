import type { RunLog } from '../execute/ports.ts';
import type { ActionAnswers } from './action-desk.ts';
import type { LocalLogins } from './local-logins.ts';
import type { Person } from './person.ts';

const OUTCOMES = { accept: 'done', decline: 'declined', cancel: 'cancelled' } as const;

/** Answers what a run of this process asks, into its log. */
export function localAnswers(log: RunLog, logins: LocalLogins, person: Person): ActionAnswers {
  return {
    async login(action_id, _action, _event, signal) {
      const outcome = await logins.outcome(action_id).catch(() => 'cancelled' as const);
      if (!signal.aborted) log.append([{ type: 'action-resolved', action_id, outcome }]);
    },
    async question(action_id, action, signal) {
      const answer = await person
        .elicit(action.server, action, signal)
        .catch(() => ({ action: 'cancel' as const, content: undefined }));
      if (signal.aborted) return;
      const outcome = OUTCOMES[answer.action];
      const content = answer.content === undefined ? {} : { content: answer.content };
      log.append([{ type: 'action-resolved', action_id, outcome, ...content }]);
    },
  };
}

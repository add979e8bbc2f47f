import type { RunLog } from '../execute/ports.ts';
import type { ActionAnswers } from './action-desk.ts';
import type { LocalLogins } from './local-logins.ts';
import type { RunOrder } from './run-order.ts';

const OUTCOMES = { accept: 'done', decline: 'declined', cancel: 'cancelled' } as const;

/** Answers what a run of this process asks, into its log. */
export function localAnswers(
  log: RunLog,
  logins: LocalLogins,
  { person, approver }: Pick<RunOrder, 'person' | 'approver'>,
): ActionAnswers {
  return {
    async login(action_id, _action, _event, signal) {
      const outcome = await logins.outcome(action_id).catch(() => 'cancelled' as const);
      if (!signal.aborted) log.append([{ type: 'action-resolved', action_id, outcome }]);
    },
    async approval(action_id, action, signal) {
      const isAllowed = await approver.allows(action, signal).catch(() => false);
      // Without a person nobody was asked, and the run has said so already.
      if (signal.aborted || !approver.answers) return;
      const outcome = isAllowed ? 'done' : 'declined';
      log.append([{ type: 'action-resolved', action_id, outcome }]);
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

import type { RunEvent } from '../run/event.ts';

/** How a stream of the answer says what is not the answer. */
export type AnswerForm = 'markdown' | 'text';

/**
 * Turns the events of a run into the text that `curl -N` prints: what the model says, as it says
 * it, with a blank line between steps, and one clear line when the run does not complete.
 */
export function answerEncoder(form: AnswerForm): (event: RunEvent) => string {
  let said = false;
  let pause = false;
  const note = (text: string) => `${said ? '\n\n' : ''}${form === 'markdown' ? '> ' : ''}${text}\n`;
  return (event) => {
    switch (event.type) {
      case 'step-start':
        pause = said;
        return event.attempt > 1 && said
          ? note('The model was cut off and starts this step again.')
          : '';
      case 'text-delta': {
        const text = pause ? `\n\n${event.text}` : event.text;
        said ||= event.text !== '';
        pause = false;
        return text;
      }
      case 'run-end':
        if (event.status === 'completed') return said ? '\n' : '';
        return note(
          `Run ${event.status}: ${event.stop_reason}. ${event.error?.message ?? ''}`.trim(),
        );
      default:
        return '';
    }
  };
}

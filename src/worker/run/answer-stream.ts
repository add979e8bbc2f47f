import { inert } from '../../publish/bounded.ts';
import { endLine } from '../../publish/render-text.ts';
import { visible } from '../../publish/visible.ts';
import { connectPath } from '../../run/required-action.ts';
import type { ActionRequired, RunEvent, StepStart } from '../../run/event.ts';

/** How a stream of the answer says what is not the answer. */
export type AnswerForm = 'markdown' | 'text';

/**
 * Turns the events of a run into the text that `curl -N` prints: what the model says, as it says
 * it, with a blank line between steps, and one clear line when the run waits for its owner or does
 * not complete. The text goes to who made the run, so it may hold the link to log in.
 * @param origin of this server, without a slash at the end
 */
export function answerEncoder(form: AnswerForm, origin: string): (event: RunEvent) => string {
  const mark = form === 'markdown' ? '> ' : '';
  let said = '';
  let isNewStep = false;
  let held = '';
  let page = '';
  const say = (text: string) => {
    said = (said + text).slice(-2);
    return text;
  };
  return (event) => {
    const rest = event.type === 'text-delta' ? '' : inert(held);
    if (event.type !== 'text-delta') held = '';
    return rest === '' ? encode(event) : say(rest) + encode(event);
  };

  function encode(event: RunEvent): string {
    switch (event.type) {
      case 'run-start':
        page = `${origin}/${event.id}/own`;
        return '';
      case 'step-start':
        isNewStep = true;
        return said === '' ? '' : say(restartNote(event, said, mark));
      case 'text-delta': {
        const { whole, half } = halved(held + event.text);
        held = half;
        const pause = isNewStep ? blankLineAfter(said) : '';
        isNewStep &&= whole === '';
        return whole === '' ? '' : say(pause + inert(whole));
      }
      case 'action-required':
        return say(`${blankLineAfter(said)}${mark}${waitNote(event, origin, page)}\n`);
      case 'run-end': {
        if (event.status === 'completed') return lineEndAfter(said);
        const end = endLine({ ...event, error: event.error ?? null });
        return `${blankLineAfter(said)}${mark}${end}\n`;
      }
      default:
        return '';
    }
  }
}

/** A text, less what makes sense only with the next piece: half a character or half a line end. */
function halved(text: string): { whole: string; half: string } {
  const end = /[\ud800-\udbff\r]$/.test(text) ? text.length - 1 : text.length;
  return { whole: text.slice(0, end), half: text.slice(end) };
}

/** @param page the run as whoever sits at the machine owns it; the terminal that reads this holds no cookie */
function waitNote({ action, action_id }: ActionRequired, origin: string, page: string): string {
  const server = inert(action.server);
  if (action.kind === 'authorization') {
    return `${server} wants a login. Open ${origin}${connectPath(action_id)} and the run goes on by itself.`;
  }
  if (action.kind === 'approval') {
    return `The model wants to call ${visible(action.tool)} of ${server}. Allow it or not at ${page} and the run goes on by itself.`;
  }
  return `${server} asks: ${inert(action.message).replace(/\s+/g, ' ')} Answer at ${page} and the run goes on by itself.`;
}

/** What came before is void when a step starts again or asks for the answer anew. */
function restartNote({ attempt, repair }: StepStart, said: string, mark: string): string {
  if (attempt > 1) {
    return `${blankLineAfter(said)}${mark}The model was cut off and starts this step again.\n`;
  }
  if (repair === undefined) return '';
  return `${blankLineAfter(said)}${mark}The answer does not fit its schema and is asked for again.\n`;
}

/** What is missing to an empty line after some text; nothing at the very beginning. */
function blankLineAfter(said: string): string {
  if (said === '' || said.endsWith('\n\n')) return '';
  return said.endsWith('\n') ? '\n' : '\n\n';
}

function lineEndAfter(said: string): string {
  return said === '' || said.endsWith('\n') ? '' : '\n';
}

import type {
  ActionRequired,
  ActionResolved,
  EventType,
  RunEnd,
  RunEvent,
  RunStart,
  Stamp,
  StepStart,
} from './event.ts';
import type { Attempts } from './attempts.ts';
import type { Publication } from './publication.ts';
import { connectPath } from './required-action.ts';
import { bareFault, masked, namesOnly, withoutContent } from './view.ts';
import type { Viewer } from './view.ts';

/** An event as a viewer may see it: of the first one, prompt and request may be hidden. */
export type VisibleEvent =
  | RunEvent
  | (Stamp &
      Omit<RunStart, 'prompt' | 'request'> & { readonly prompt: null; readonly request: null })
  | (Stamp & ActionRequired & { readonly connect_url: string })
  | (Stamp & BareAction);

/** That a run waits and that it goes on, without what only its owner may know and do. */
type BareAction =
  | (Pick<ActionRequired, 'type' | 'expires_at'> & {
      readonly action: { readonly kind: ActionRequired['action']['kind'] };
    })
  | Pick<ActionResolved, 'type' | 'outcome'>;

/** What decides about an event besides the event itself. */
export interface EventScope {
  readonly viewer: Viewer;
  readonly publication: Publication;
  /** The attempts so far: what one said that asked for tools is not the answer. */
  readonly attempts: Attempts;
  /** Scheme, host and port of this server without a slash at the end. */
  readonly origin: string;
}

/**
 * The event as a viewer may see it, or null when it is not for them. The stream of events says
 * never more than `viewFor` does: secrets of tool servers and the text of context documents are
 * for nobody, links to log in for the owner alone, and with `publish: answer` the public sees
 * neither prompt nor what tools were given and gave.
 */
export function visibleEvent(event: RunEvent, scope: EventScope): VisibleEvent | null {
  const shown = withoutSecrets(event);
  if (scope.viewer === 'owner') return withLink(shown, scope.origin);
  if (scope.publication === 'undecided') return null;
  const bare = bareAction(shown);
  if (bare !== null || scope.publication === 'full') return bare ?? shown;
  return answerOnly(shown, scope.attempts);
}

function withoutSecrets(event: RunEvent): RunEvent {
  switch (event.type) {
    case 'run-start':
      return { ...event, request: masked(event.request) };
    case 'reference-end': {
      const { parts: _parts, ...record } = event;
      return record;
    }
    case 'action-resolved': {
      // What a person answered is for the tool that asked.
      const { content: _content, ...record } = event;
      return record;
    }
    default:
      return event;
  }
}

function withLink(event: RunEvent, origin: string): VisibleEvent {
  if (event.type !== 'action-required' || event.action.kind !== 'authorization') return event;
  return { ...event, connect_url: `${origin}${connectPath(event.action_id)}` };
}

/** Null for an event that is about no action. */
function bareAction(event: RunEvent): (Stamp & BareAction) | null {
  switch (event.type) {
    case 'action-required': {
      const { type, action, expires_at } = event;
      return { ...stampOf(event), type, action: { kind: action.kind }, expires_at };
    }
    case 'action-resolved':
      return { ...stampOf(event), type: event.type, outcome: event.outcome };
    default:
      return null;
  }
}

/** What the public sees of every kind of event with `publish: answer`. */
const ANSWER_ONLY: Readonly<Record<EventType, 'whole' | 'part' | 'hidden'>> = {
  'run-start': 'part',
  'reference-end': 'hidden',
  'server-end': 'part',
  'step-start': 'part',
  'text-delta': 'part',
  'reasoning-delta': 'hidden',
  'tool-call': 'part',
  'tool-sent': 'whole',
  'tool-progress': 'hidden',
  'tool-result': 'part',
  'step-end': 'part',
  'action-required': 'hidden',
  'action-resolved': 'hidden',
  'run-end': 'part',
};

function answerOnly(event: RunEvent, attempts: Attempts): VisibleEvent | null {
  const shown = ANSWER_ONLY[event.type];
  if (shown === 'whole') return event;
  return shown === 'hidden' ? null : partOf(event, attempts);
}

function partOf(event: RunEvent, attempts: Attempts): VisibleEvent | null {
  switch (event.type) {
    case 'run-start':
      return { ...event, prompt: null, request: null, problems: [] };
    case 'step-start':
      return bareStart(event);
    case 'text-delta':
      return attempts.isCalling(event) ? null : event;
    case 'tool-call':
      return { ...event, arguments: '' };
    case 'server-end':
      return { ...stampOf(event), ...namesOnly(event) };
    case 'tool-result':
      return { ...stampOf(event), ...withoutContent(event) };
    case 'run-end':
      return bareEnd(event);
    case 'step-end': {
      const { echo: _echo, ...rest } = event;
      return { ...rest, tool_calls: [] };
    }
    default:
      return null;
  }
}

function bareStart({ repair, failed, ...start }: Stamp & StepStart): RunEvent {
  const bare = bareFault(failed ?? null);
  return {
    ...start,
    // What does not fit is said in words of the schema, which is part of the request.
    ...(repair === undefined ? {} : { repair: [] }),
    ...(bare === null ? {} : { failed: bare }),
  };
}

function bareEnd({ error, ...end }: Stamp & RunEnd): RunEvent {
  const bare = bareFault(error ?? null);
  return bare === null ? end : { ...end, error: bare };
}

function stampOf({ seq, at }: Stamp): Stamp {
  return { seq, at };
}

import type { CompletionRequest } from '../normalize/request.ts';
import type { EventBody, RunEvent, RunStart, Stamp, StepEnd, ToolResult } from './event.ts';
import { masked } from './view.ts';
import type { Viewer } from './view.ts';

/** An event as a viewer may see it: of the first one, prompt and request may be hidden. */
export type VisibleEvent =
  | RunEvent
  | (Stamp &
      Omit<RunStart, 'prompt' | 'request'> & { readonly prompt: null; readonly request: null });

/** What decides about an event besides the event itself. */
export interface EventScope {
  readonly viewer: Viewer;
  readonly publish: CompletionRequest['publish'];
  /** Steps that are known to have asked for tools: what they said is not the answer. */
  readonly callingSteps: ReadonlySet<number>;
}

/**
 * The event as a viewer may see it, or null when it is not for them. The stream of events says
 * never more than `viewFor` does: secrets of tool servers and the text of context documents are
 * for nobody, and with `publish: answer` the public sees neither prompt nor what tools were given
 * and gave.
 */
export function visibleEvent(event: RunEvent, scope: EventScope): VisibleEvent | null {
  const shown = withoutSecrets(event);
  if (scope.viewer === 'owner' || (scope.publish ?? 'full') === 'full') return shown;
  return answerOnly(shown, scope.callingSteps);
}

function withoutSecrets(event: RunEvent): RunEvent {
  switch (event.type) {
    case 'run-start':
      return { ...event, request: masked(event.request) };
    case 'reference-end': {
      const { parts: _parts, ...record } = event;
      return record;
    }
    default:
      return event;
  }
}

function answerOnly(event: RunEvent, callingSteps: ReadonlySet<number>): VisibleEvent | null {
  switch (event.type) {
    case 'run-start':
      return { ...event, prompt: null, request: null, problems: [] };
    case 'reference-end':
    case 'reasoning-delta':
    case 'tool-progress':
      return null;
    case 'text-delta':
      return callingSteps.has(event.step) ? null : event;
    case 'tool-call':
      return { ...event, arguments: '' };
    case 'tool-result':
      return withoutContent(event);
    case 'step-end':
      return withoutCalls(event);
    case 'server-end':
    case 'step-start':
    case 'tool-sent':
    case 'run-end':
      return event;
  }
}

function withoutContent({
  structured: _structured,
  ...event
}: Stamp & ToolResult): Extract<RunEvent, { type: 'tool-result' }> {
  return { ...event, parts: [] };
}

function withoutCalls({
  echo: _echo,
  ...event
}: Stamp & StepEnd): Extract<RunEvent, { type: 'step-end' }> {
  return { ...event, tool_calls: [] };
}

/** The steps of a log that asked for tools. */
export function callingSteps(events: readonly EventBody[]): Set<number> {
  return new Set(events.flatMap((event) => (event.type === 'tool-call' ? [event.step] : [])));
}

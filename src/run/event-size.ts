import type { EventType, RunEvent } from './event.ts';

/**
 * What a model says is kept as its step, as the answer and as the output. A run is sent as a whole
 * from its object to the Worker, at most 32 MiB: counted once, a flood would make it unreadable.
 */
const COPIES = 3;

/**
 * Whether others write an event: a model, a tool, its server or a document, with the names,
 * descriptions and faults around it. A start is bounded by the size of its request, and what marks
 * a call as sent or ends a run holds nothing of theirs. Every type of event must be decided here.
 */
const IS_OTHERS: Readonly<Record<EventType, boolean>> = {
  'run-start': false,
  'reference-end': true,
  'server-end': true,
  'step-start': true,
  'text-delta': true,
  'reasoning-delta': true,
  'tool-call': true,
  'tool-sent': false,
  'tool-progress': true,
  'tool-result': true,
  'step-end': true,
  'action-required': true,
  'action-resolved': true,
  'run-end': false,
};

/** Characters that an event adds to what a run keeps. */
export function eventSize(event: RunEvent): number {
  if (event.type === 'text-delta' || event.type === 'reasoning-delta') {
    return event.text.length * COPIES;
  }
  return IS_OTHERS[event.type] ? JSON.stringify(event).length : 0;
}

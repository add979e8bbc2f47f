import type { ContentPart } from '../protocol/chat.ts';
import type { RunEvent } from './event.ts';

/**
 * What a model says is kept as its step, as the answer and as the output. A run is sent as a whole
 * from its object to the Worker, at most 32 MiB: counted once, a flood would make it unreadable.
 */
const COPIES = 3;

/**
 * Characters that an event adds to what a run keeps: text that a model, a tool or a document wrote.
 * Everything else in a log is bounded by the limits on steps, calls, servers and references.
 */
export function eventSize(event: RunEvent): number {
  switch (event.type) {
    case 'text-delta':
    case 'reasoning-delta':
      return event.text.length * COPIES;
    case 'tool-call':
      return event.arguments.length;
    case 'tool-result':
      return (
        sizeOf(event.parts) +
        (event.structured === undefined ? 0 : JSON.stringify(event.structured).length)
      );
    case 'reference-end':
      return sizeOf(event.parts ?? []);
    case 'action-required':
      return event.action.kind === 'authorization' ? 0 : JSON.stringify(event.action).length;
    case 'action-resolved':
      return event.content === undefined ? 0 : JSON.stringify(event.content).length;
    default:
      return 0;
  }
}

function sizeOf(parts: readonly ContentPart[]): number {
  return parts.reduce(
    (sum, part) => sum + (part.type === 'text' ? part.text.length : part.image_url.url.length),
    0,
  );
}

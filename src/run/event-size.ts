import type { ContentPart } from '../protocol/chat.ts';
import type { RunEvent } from './event.ts';

/**
 * Characters that an event adds to what a run keeps: text that a model, a tool or a document wrote.
 * Everything else in a log is bounded by the limits on steps, calls, servers and references.
 */
export function eventSize(event: RunEvent): number {
  switch (event.type) {
    case 'text-delta':
    case 'reasoning-delta':
      return event.text.length;
    case 'tool-call':
      return event.arguments.length;
    case 'tool-result':
      return (
        sizeOf(event.parts) +
        (event.structured === undefined ? 0 : JSON.stringify(event.structured).length)
      );
    case 'reference-end':
      return sizeOf(event.parts ?? []);
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

import type { EventBody } from './event.ts';

/**
 * What a run may keep, in bytes. A run is read and sent as a whole, and the platform sends at most
 * 32 MiB between an object and its Worker: the size of a last event that goes past the limit, or
 * of sixteen tool results that were under way, must still fit.
 */
export const MAX_STORED_BYTES = 16_000_000;

/** A character takes two bytes in memory, and what a model says is both its step and the answer. */
const BYTES_OF_SAID = 4;

/**
 * Bytes that an event adds to its run, about. Context documents do not count: they have limits of
 * their own and are never shown.
 */
export function storedSize(event: EventBody): number {
  switch (event.type) {
    case 'text-delta':
    case 'reasoning-delta':
      return event.text.length * BYTES_OF_SAID;
    case 'reference-end':
      return 0;
    default:
      return JSON.stringify(event).length;
  }
}

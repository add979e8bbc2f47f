import { createParser } from 'eventsource-parser';

/** One event of a `text/event-stream`. */
export interface SseEvent {
  /** The `event:` name; most providers send none. */
  readonly event?: string;
  /** All `data:` lines, joined by newlines. */
  readonly data: string;
}

/** A decoder of one `text/event-stream`. */
export interface SseDecoder {
  /**
   * Takes text as it comes, split anywhere, and gives the events that it completes.
   * @throws RangeError when an event or a line is longer than the decoder may hold
   */
  feed(text: string): readonly SseEvent[];
  /** Gives the last event when the stream ended without the empty line after it. */
  end(): readonly SseEvent[];
  /** True once a line was seen that no event stream has: probably this is something else. */
  readonly foreign: boolean;
}

/**
 * Decodes server-sent events: CRLF, LF and CR, `data:` with or without a space, comments, names.
 * @param maxCharacters what is held back at most while an event is incomplete
 */
export function sseDecoder(maxCharacters = 4 * 1024 * 1024): SseDecoder {
  let ready: SseEvent[] = [];
  let foreign = false;
  let tooLong = false;
  const parser = createParser({
    maxBufferSize: maxCharacters,
    onEvent: ({ event, data }) => ready.push(event === undefined ? { data } : { event, data }),
    onError: ({ type }) => {
      foreign ||= type === 'unknown-field';
      tooLong ||= type === 'max-buffer-size-exceeded';
    },
  });
  const take = (text: string): readonly SseEvent[] => {
    if (tooLong) throw new RangeError('An event is longer than the decoder may hold.');
    parser.feed(text);
    const events = ready;
    ready = [];
    if (tooLong && events.length === 0) {
      throw new RangeError('An event is longer than the decoder may hold.');
    }
    return events;
  };
  return {
    feed: take,
    // Two line ends: the first closes a half line, the second is the empty line.
    end: () => take('\n\n'),
    get foreign() {
      return foreign;
    },
  };
}

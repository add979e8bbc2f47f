import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { withoutNullIn } from './loose-message.ts';

/**
 * The same event stream as its reader wants it: lines end in LF and messages have no needless null.
 * A parser of its own kind holds a CR at the end of what it has until it knows what follows, which at the
 * end of a stream is nothing, and the last event is lost; and it takes a time that grows with the square
 * of their number for lines that end in CR alone, which a hostile server could send.
 * @param seen is given the data of each event before its reader is
 * @see spec/tool-servers.md TS-18; https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function tidyEvents(
  body: ReadableStream<Uint8Array>,
  seen: (data: string) => void,
): ReadableStream<Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const untangled = lineFeeds();
  let ready = '';
  const parser = createParser({
    onEvent: (event) => {
      const data = withoutNullIn(event.data);
      seen(data);
      ready += written({ ...event, data });
    },
    onRetry: (ms) => {
      ready += `retry: ${ms}\n\n`;
    },
  });
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (bytes, controller) => {
        parser.feed(untangled(decoder.decode(bytes, { stream: true })));
        if (ready !== '') controller.enqueue(encoder.encode(ready));
        ready = '';
      },
    }),
  );
}

/** Makes every end of a line LF, in pieces of which one may end between CR and LF. */
function lineFeeds(): (piece: string) => string {
  let isAfterReturn = false;
  return (piece) => {
    if (piece === '') return '';
    const rest = isAfterReturn && piece.startsWith('\n') ? piece.slice(1) : piece;
    isAfterReturn = rest.endsWith('\r');
    return rest.replaceAll(/\r\n?/g, '\n');
  };
}

function written({ id, event, data }: EventSourceMessage): string {
  return [
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...data.split('\n').map((line) => `data: ${line}`),
    '\n',
  ].join('\n');
}

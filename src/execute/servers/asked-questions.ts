import { createParser } from 'eventsource-parser';
import { isObject } from '../../protocol/json.ts';

const QUESTION = 'elicitation/create';

/**
 * Reads along in the stream that answers one request and tells the ids of the questions in it; the
 * SDK does not say in which stream a request of the server came.
 */
export function questionsIn(told: (id: string | number) => void): (bytes: Uint8Array) => void {
  const decoder = new TextDecoder();
  const parser = createParser({
    onEvent: ({ data }) => {
      const id = data.includes(QUESTION) ? questionId(data) : null;
      if (id !== null) told(id);
    },
  });
  return (bytes) => parser.feed(decoder.decode(bytes, { stream: true }));
}

function questionId(data: string): string | number | null {
  try {
    const message: unknown = JSON.parse(data);
    if (!isObject(message) || message['method'] !== QUESTION) return null;
    const { id } = message;
    return typeof id === 'string' || typeof id === 'number' ? id : null;
  } catch {
    return null;
  }
}

import { isObject } from '../../protocol/json.ts';

const QUESTION = 'elicitation/create';

/**
 * The id of the question to a person that a message in the stream of an answer is, or null; the SDK does
 * not say in which stream a request of the server came.
 */
export function questionId(data: string): string | number | null {
  if (!data.includes(QUESTION)) return null;
  try {
    const message: unknown = JSON.parse(data);
    if (!isObject(message) || message['method'] !== QUESTION) return null;
    const { id } = message;
    return typeof id === 'string' || typeof id === 'number' ? id : null;
  } catch {
    return null;
  }
}

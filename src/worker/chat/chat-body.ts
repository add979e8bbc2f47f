import { Fault } from '../../fault/fault.ts';
import { parseJsonObject, type JsonObject } from '../../protocol/json.ts';
import { decoded, readBytes } from '../post/read-body.ts';

/** Bytes of a request to `/chat/completions`: images in it are base64. */
const MAX_CHAT_BODY = 20 * 1_048_576;

/**
 * The body of a request to `/chat/completions`, and its bytes for passing them on as they are.
 * @throws Fault `too_large`, `not_text`, `invalid_json`
 */
export async function readChatBody(
  request: Request,
): Promise<{ readonly bytes: Uint8Array; readonly body: JsonObject }> {
  const bytes = await readBytes(request, MAX_CHAT_BODY);
  const body = parseJsonObject(decoded(bytes));
  if (body === null) throw new Fault('invalid_json', 'The body must be a JSON object.');
  return { bytes, body };
}

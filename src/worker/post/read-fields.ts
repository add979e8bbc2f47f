import { Fault } from '../../fault/fault.ts';
import { isObject } from '../../protocol/json.ts';
import { decoded, readBody } from './read-body.ts';

/**
 * The fields of a small form, or the same as a JSON object; what is no text and no number is left out.
 * @throws Fault `too_large`, `not_text`, `invalid_json`, `unsupported_media_type`
 */
export async function readFields(request: Request): Promise<ReadonlyMap<string, string>> {
  const text = decoded(await readBody(request));
  const [media = ''] = (request.headers.get('content-type') ?? '').toLowerCase().split(';');
  switch (media.trim()) {
    case '':
      if (text === '') return new Map();
      throw new Fault('unsupported_media_type');
    case 'application/x-www-form-urlencoded':
      return new Map(new URLSearchParams(text));
    case 'application/json':
      return new Map(jsonFields(text));
    default:
      throw new Fault('unsupported_media_type');
  }
}

function jsonFields(text: string): [string, string][] {
  try {
    const body: unknown = JSON.parse(text);
    if (!isObject(body)) throw new Fault('bad_request', 'The JSON body must be an object.');
    return Object.entries(body).flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [],
    );
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('invalid_json', undefined, { cause });
  }
}

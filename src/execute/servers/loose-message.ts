import { isObject } from '../../protocol/json.ts';

/**
 * A JSON-RPC message without the null that some languages write for what is left out: beside a result
 * or an error, and as `_meta`. The SDK takes such a message for none.
 * @see spec/tool-servers.md TS-18
 */
export function withoutNull(message: unknown): unknown {
  if (!isObject(message)) return message;
  const { result, error, ...rest } = message;
  if (result !== undefined && result !== null && error === null)
    return withoutNull({ ...rest, result });
  if (result === null && error !== undefined) return { ...rest, error };
  const { params } = rest;
  if (hasNoMeta(result)) return { ...message, result: withoutMeta(result) };
  return hasNoMeta(params) ? { ...message, params: withoutMeta(params) } : message;
}

/** The same for a message as text; one that cannot be read stays as it is. */
export function withoutNullIn(text: string): string {
  // Most messages have none, and are not worth reading twice.
  if (!/"(?:_meta|result|error)"\s*:\s*null/.test(text)) return text;
  try {
    return JSON.stringify(withoutNull(JSON.parse(text)));
  } catch {
    return text;
  }
}

interface NoMeta {
  readonly _meta: null;
}

function hasNoMeta(value: unknown): value is NoMeta {
  return isObject(value) && value['_meta'] === null;
}

function withoutMeta({ _meta: _none, ...said }: NoMeta): object {
  return said;
}

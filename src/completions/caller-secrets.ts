import { isObject, type Json, type JsonObject } from '../protocol/json.ts';

/** Tools in which names stand for the values of headers. */
export interface NamedSecrets {
  readonly tools: readonly JsonObject[];
  readonly secrets: ReadonlyMap<string, string>;
}

/**
 * Takes the headers that a caller sends for its tool servers out of the request and leaves names
 * in their place. The run then holds no credential: whatever is shown or kept of it cannot reveal
 * one, and what a server repeats of it is found.
 */
export function withoutLiterals(tools: readonly JsonObject[]): NamedSecrets {
  const secrets = new Map<string, string>();
  const named = (value: Json): Json => {
    // A reference names a secret of the server and is looked up there.
    if (typeof value !== 'string' || value.includes('${')) return value;
    const name = `CALLER_${secrets.size + 1}`;
    secrets.set(name, value);
    return `\${env:${name}}`;
  };
  return { tools: tools.map((tool) => withNames(tool, named)), secrets };
}

function withNames(tool: JsonObject, named: (value: Json) => Json): JsonObject {
  const { authorization, headers } = tool;
  return {
    ...tool,
    ...(authorization === undefined ? {} : { authorization: named(authorization) }),
    ...(isObject(headers)
      ? {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, value = null]) => [name, named(value)]),
          ),
        }
      : {}),
  };
}

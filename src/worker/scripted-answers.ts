import type { Connection, ElicitAnswer, Elicitation, ToolServers } from '../execute/ports.ts';
import type { Json, JsonObject } from '../protocol/json.ts';
import { isObject } from '../protocol/json.ts';

/**
 * The same servers, with every form that a tool asks for answered by the defaults of its schema.
 * For tests of tool servers, with `ELICITATION_ANSWERS=accept`.
 */
export function withScriptedAnswers(servers: ToolServers): ToolServers {
  return {
    connect: async (server, signal) => answering(await servers.connect(server, signal)),
  };
}

function answering(connection: Connection): Connection {
  return {
    ...connection,
    // It changes while the connection is used.
    get usedLogin() {
      return connection.usedLogin === true;
    },
    call: (tool, args, options) => connection.call(tool, args, { ...options, onElicit: scripted }),
    close: () => connection.close(),
  };
}

async function scripted({ mode, schema }: Elicitation): Promise<ElicitAnswer> {
  if (mode === 'url') return { action: 'decline' };
  return { action: 'accept', content: defaultsOf(schema ?? {}) };
}

function defaultsOf({ properties }: JsonObject): JsonObject {
  if (!isObject(properties)) return {};
  const entries = Object.entries(properties).flatMap(([name, field]): [string, Json][] => {
    const value = isObject(field) ? field['default'] : undefined;
    return isJson(value) ? [[name, value]] : [];
  });
  return Object.fromEntries(entries);
}

/** What a field of a form can hold. */
function isJson(value: unknown): value is Json {
  return ['string', 'number', 'boolean'].includes(typeof value) || Array.isArray(value);
}

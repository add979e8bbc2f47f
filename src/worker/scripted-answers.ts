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
  return Object.create(connection, {
    call: {
      value: ((tool, args, options) =>
        connection.call(tool, args, {
          ...options,
          onElicit: async (elicitation) => scripted(elicitation),
        })) satisfies Connection['call'],
    },
  }) as Connection;
}

function scripted({ mode, schema }: Elicitation): ElicitAnswer {
  if (mode === 'url') return { action: 'decline' };
  return { action: 'accept', content: defaultsOf(schema ?? {}) };
}

function defaultsOf({ properties }: JsonObject): JsonObject {
  if (!isObject(properties)) return {};
  const entries = Object.entries(properties).flatMap(([name, field]): [string, Json][] =>
    isObject(field) && field['default'] !== undefined
      ? [[name, field['default'] as Json]]
      : [],
  );
  return Object.fromEntries(entries);
}

import { isObject } from '../../protocol/json.ts';
import { Secret } from '../model/secret.ts';
import type { Connection } from '../ports.ts';

/** Shorter values would be found inside of ordinary words and numbers. */
const SHORTEST = 8;

/**
 * The connection with the secrets that were sent to its server taken out of everything that it
 * says. A tool that shows the request it got (an echo, a debug page, an error) would otherwise
 * publish them: what a server says is kept, shown to the model and readable by whoever has the
 * address of the run.
 * @see spec/tool-servers.md TS-8
 */
export function withoutSecrets(connection: Connection, sent: Iterable<string>): Connection {
  const secrets = [...sent].flatMap(spellings).map((value) => new Secret(value));
  if (secrets.length === 0) return connection;
  const clean = <Value>(value: Value): Value => redacted(value, secrets);
  const { name, instructions, tools } = connection;
  return {
    protocolVersion: clean(connection.protocolVersion),
    ...(name === undefined ? {} : { name: clean(name) }),
    ...(instructions === undefined ? {} : { instructions: clean(instructions) }),
    // A tool is called by its name, which must stay what the server knows.
    tools: tools.map((tool) => ({ ...clean(tool), name: tool.name })),
    call: async (tool, args, { signal, onProgress }) => {
      const report = onProgress && {
        onProgress: (progress: Progress) => onProgress(clean(progress)),
      };
      return clean(await connection.call(tool, args, { signal, ...report }));
    },
    close: () => connection.close(),
  };
}

type Progress = Parameters<NonNullable<Parameters<Connection['call']>[2]['onProgress']>>[0];

/** The value as it was sent, and as it stands in an address. */
function spellings(value: string): string[] {
  if (value.length < SHORTEST) return [];
  return [...new Set([value, encodeURIComponent(value)])];
}

/** The same plain data with the secrets taken out of every text, names of members included. */
function redacted<Value>(value: Value, secrets: readonly Secret[]): Value {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- strings become strings
  return cleaned(value, secrets) as Value;
}

function cleaned(value: unknown, secrets: readonly Secret[]): unknown {
  if (typeof value === 'string')
    return secrets.reduce((text, secret) => secret.redact(text), value);
  if (Array.isArray(value)) return value.map((item) => cleaned(item, secrets));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [cleaned(key, secrets), cleaned(item, secrets)]),
  );
}

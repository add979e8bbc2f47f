/** A tool server as far as names go. */
export interface NamedServer {
  readonly label: string;
  /** Names as the server gives them. */
  readonly tools: readonly string[];
}

/** Where a name that the model uses leads. */
export interface ToolOrigin {
  /** Index of the server in the list that was named. */
  readonly server: number;
  readonly label: string;
  readonly tool: string;
}

/** The names of tools as the model sees them, with the way back. */
export interface WireNames {
  /** In the order of the servers and of their tools. */
  readonly names: readonly (readonly string[])[];
  /** @throws TypeError when there is no such tool */
  nameOf(label: string, tool: string): string;
  originOf(wireName: string): ToolOrigin | undefined;
}

const MAX_LENGTH = 64;
/** No `__` inside and no `_` at an end, so that the first `__` of a name is always the border. */
const PLAIN_LABEL = /^(?!_)(?!.*__)[A-Za-z0-9_-]+(?<!_)$/;
const PLAIN_TOOL = /^[A-Za-z0-9_-]+$/;

/**
 * Names tools `label__tool`, `[A-Za-z0-9_-]{1,64}`, unique over all servers.
 *
 * A name that does not fit is shortened and ends in a hash of the full name. A plain name depends
 * on its own label and tool only, so servers may also be named one at a time.
 * @see spec/tool-servers.md TS-20
 */
export function wireNames(servers: readonly NamedServer[]): WireNames {
  const origins = new Map<string, ToolOrigin>();
  const names = servers.map(({ label, tools }, server) =>
    tools.map((tool) => {
      const name = freeName(label, tool, origins);
      origins.set(name, { server, label, tool });
      return name;
    }),
  );
  const byTool = new Map<string, string>();
  for (const [name, { label, tool }] of origins) {
    const key = keyOf(label, tool);
    if (!byTool.has(key)) byTool.set(key, name);
  }
  return {
    names,
    originOf: (wireName) => origins.get(wireName),
    nameOf: (label, tool) => {
      const name = byTool.get(keyOf(label, tool));
      if (name === undefined) throw new TypeError(`No tool ${tool} of ${label} was named.`);
      return name;
    },
  };
}

function freeName(label: string, tool: string, taken: ReadonlyMap<string, unknown>): string {
  const plain = `${label}__${tool}`;
  const fits = plain.length <= MAX_LENGTH && PLAIN_LABEL.test(label) && PLAIN_TOOL.test(tool);
  if (fits && !taken.has(plain)) return plain;
  for (let round = 0; ; round += 1) {
    const name = hashedName(label, tool, round);
    if (!taken.has(name)) return name;
  }
}

/** `label__tool_hash` with what is not allowed replaced, and the label and the tool cut to fit. */
function hashedName(label: string, tool: string, round: number): string {
  const hash = shortHash(`${keyOf(label, tool)}\0${round}`);
  const head = `${allowed(label).slice(0, 20)}__${allowed(tool)}`;
  return `${head.slice(0, MAX_LENGTH - hash.length - 1)}_${hash}`;
}

function allowed(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_-]/g, '_');
}

function keyOf(label: string, tool: string): string {
  return `${label}\0${tool}`;
}

/** FNV-1a over UTF-16 code units, 32 bits, seven characters. It tells apart, it protects nothing. */
function shortHash(text: string): string {
  let hash = 0x81_1c_9d_c5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01_00_01_93);
  }
  return (hash >>> 0).toString(36).padStart(7, '0');
}

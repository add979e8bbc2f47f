import type {
  AllowedTools,
  CompletionRequest,
  ToolFilter,
  ToolServer,
} from '../normalize/request.ts';

/** What a filter looks at. */
export interface FilteredTool {
  readonly name: string;
  /** Whether its server says that it only reads; who says nothing is taken to write. */
  readonly readOnly?: boolean | undefined;
}

/**
 * Whether a tool may be used: it fits `allowed` (all do when there is none) and no name of
 * `disallowed`. `*` stands for any characters.
 * @see spec/tool-servers.md TS-21
 */
export function isToolAllowed(
  tool: FilteredTool,
  allowed?: AllowedTools,
  disallowed: readonly string[] = [],
): boolean {
  return (
    (allowed === undefined || fitsFilter(tool, filterOf(allowed))) &&
    !disallowed.some((pattern) => matchesPattern(tool.name, pattern))
  );
}

/** Whether a run offers a tool of a server to its model: both the server's entry and the prompt allow it. */
export function isToolOffered(
  tool: FilteredTool,
  server: Pick<ToolServer, 'allowed_tools'>,
  request: Pick<CompletionRequest, 'allowed_tools' | 'disallowed_tools'>,
): boolean {
  return (
    isToolAllowed(tool, server.allowed_tools) &&
    isToolAllowed(tool, request.allowed_tools, request.disallowed_tools)
  );
}

/** Whether a tool fits everything that the filter says; what it leaves out takes nothing away. */
export function fitsFilter({ name, readOnly = false }: FilteredTool, filter: ToolFilter): boolean {
  const { tool_names: names, read_only } = filter;
  return (
    (read_only === undefined || read_only === readOnly) &&
    (names === undefined || names.some((pattern) => matchesPattern(name, pattern)))
  );
}

/** The filter that a list of names is short for. */
export function filterOf(allowed: AllowedTools): ToolFilter {
  return isNames(allowed) ? { tool_names: allowed } : allowed;
}

function isNames(allowed: AllowedTools): allowed is readonly string[] {
  return Array.isArray(allowed);
}

/**
 * The first place of every piece between two `*` is enough: a later one could only leave less room
 * for the pieces after it. So nothing is tried twice, whatever a prompt writes.
 */
function matchesPattern(name: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, from);
    if (found === -1) return false;
    from = found + piece.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}

import type { Reference } from '../parse/document.ts';
import type { Problem } from '../parse/problem.ts';
import type { ApprovalPolicy, NormalizeContext, ToolServer } from './request.ts';
import { allowedTools, MAX_TOOL_NAMES } from './approval.ts';
import {
  cleanLabel,
  labelFor,
  ownServerPath,
  readOperatorServer,
  serverKey,
  serverOrigin,
  uniqueLabel,
} from './server-url.ts';
import type { ServerEntry } from './tool-entry.ts';
import type { Settings } from './given.ts';

/** Servers of one run. */
const MAX_SERVERS = 32;

/** What is wrong with so many tool servers of one run, or null. */
export function tooManyServers(count: number): Problem | null {
  if (count <= MAX_SERVERS) return null;
  const message = `A run has at most ${MAX_SERVERS} tool servers; this prompt names ${count}.`;
  return { code: 'too_many_servers', severity: 'error', message };
}

/**
 * All tool servers of a run: those of the request or the frontmatter, those of the body, those of
 * the operator. The same address twice is one server; labels are unique.
 *
 * @param fallback approval for servers that say nothing of their own
 */
export function joinServers(
  settings: Settings,
  entries: readonly ServerEntry[],
  fallback: ApprovalPolicy,
): ToolServer[] {
  const joined = new Map<string, JoinedServer>();
  for (const entry of entries) {
    const key = serverKey(entry.url);
    const before = joined.get(key);
    if (before === undefined) {
      joined.set(key, new JoinedServer(entry));
    } else {
      before.add(entry);
    }
  }
  const tooMany = tooManyServers(joined.size);
  if (tooMany !== null) settings.report('error', tooMany.code, tooMany.message);
  const taken = new Set<string>();
  return [...joined.values()].slice(0, MAX_SERVERS).map((server) => {
    const full = server.entry();
    const entry = full.from === 'operator' ? withoutPath(full) : full;
    const wanted = entry.label === undefined ? labelFor(entry.url) : cleanLabel(entry.label);
    const label = uniqueLabel(wanted, taken);
    // `url:tool` names one more each time it is written.
    if ((entry.allowed_tools?.length ?? 0) > MAX_TOOL_NAMES) {
      const message = `The tool server ${label} may use more than ${MAX_TOOL_NAMES} tools by name; name fewer, or use *.`;
      settings.report('error', 'invalid_server', message);
    }
    taken.add(label);
    const { require_approval = fallback, allowed_tools: names, read_only, ...rest } = entry;
    const filter = {
      ...(names && { tool_names: names }),
      ...(read_only !== undefined && { read_only }),
    };
    const allowed = allowedTools(filter);
    return Object.assign(
      rest,
      { label, require_approval },
      allowed === undefined ? {} : { allowed_tools: allowed },
    );
  });
}

/**
 * One server that several entries name. What an earlier entry says holds, and so does
 * `read_only` wherever it is said: naming the server once more opens nothing. Lists grow in place,
 * since copying them for each of ten thousand entries would take minutes.
 */
class JoinedServer {
  #entry: ServerEntry;
  readonly #headers: Map<string, string>;
  /** `url:a` and `url:b` allow both tools; naming the server alone allows all: null. */
  #tools: Set<string> | null;

  constructor(entry: ServerEntry) {
    this.#entry = entry;
    this.#headers = new Map(Object.entries(entry.headers));
    this.#tools = entry.allowed_tools === undefined ? null : new Set(entry.allowed_tools);
  }

  add(entry: ServerEntry): void {
    if (entry.from === 'body' || entry.from === 'operator') {
      return;
    }
    this.#entry = { ...entry, ...this.#entry };
    for (const [name, value] of Object.entries(entry.headers)) {
      if (!this.#headers.has(name)) {
        this.#headers.set(name, value);
      }
    }
    if (entry.allowed_tools === undefined) {
      this.#tools = null;
    }
    for (const tool of entry.allowed_tools ?? []) {
      this.#tools?.add(tool);
    }
  }

  entry(): ServerEntry {
    const { allowed_tools: _first, ...rest } = this.#entry;
    const headers = Object.fromEntries(this.#headers);
    return this.#tools === null
      ? { ...rest, headers }
      : { ...rest, headers, allowed_tools: [...this.#tools] };
  }
}

/** Whether a reference of the body becomes a tool server: a link is only a link. */
export function isServerReference(reference: Reference): boolean {
  return reference.looksLike === 'mcp' && reference.form !== 'link';
}

/** The servers that the prose of the body names. */
export function bodyServers(
  references: readonly Reference[],
  ownOrigins: readonly string[],
): ServerEntry[] {
  return references.filter(isServerReference).map(({ url, at }) => ({
    url: ownServerPath(url, ownOrigins),
    type: 'mcp',
    headers: {},
    from: 'body',
    line: at.line,
  }));
}

/**
 * The operator's servers are not the author's: their addresses may hold a key, and a run is public.
 * The whole address is looked up when the server is called.
 */
function withoutPath(entry: ServerEntry): ServerEntry {
  return { ...entry, url: serverOrigin(entry.url) };
}

/** The servers that the operator adds to every run. */
export function operatorServers(context: NormalizeContext): ServerEntry[] {
  return (context.operatorServers ?? []).flatMap((written, operator) => {
    const server = readOperatorServer(written, context.ownOrigins ?? []);
    return server === null ? [] : [{ ...server, headers: {}, from: 'operator' as const, operator }];
  });
}

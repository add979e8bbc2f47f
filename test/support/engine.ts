/** Small real sets of ports for tests of the engine: a scripted model, servers in memory, a log. */
import { executeRun } from '../../src/execute/execute-run.ts';
import { MemoryLog } from '../../src/execute/memory-log.ts';
import { systemClock } from '../../src/execute/system-clock.ts';
import type {
  Connection,
  Model,
  ModelCall,
  Ports,
  References,
  ToolDescription,
  ToolOutcome,
  ToolServers,
} from '../../src/execute/ports.ts';
import { Fault } from '../../src/fault/fault.ts';
import type { CompletionRequest, ToolServer } from '../../src/normalize/request.ts';
import type { ChatChunk } from '../../src/protocol/chat.ts';
import type { JsonObject } from '../../src/protocol/json.ts';
import { foldRun } from '../../src/run/fold-run.ts';
import type { Run } from '../../src/run/run.ts';

/** What a scripted model does in one step. */
export type Turn = (call: ModelCall, signal: AbortSignal) => AsyncIterable<ChatChunk>;

/** Says a text, word by word. */
export function says(text: string, finish_reason = 'stop'): Turn {
  return async function* () {
    for (const word of text.split(/(?<= )/)) yield { choices: [{ delta: { content: word } }] };
    yield finished(finish_reason);
  };
}

/** Calls tools, all in one step. */
export function calls(...wanted: readonly (readonly [name: string, args: JsonObject])[]): Turn {
  return async function* () {
    for (const [index, [name, args]] of wanted.entries()) {
      const call = { index, id: `c${index}`, function: { name, arguments: JSON.stringify(args) } };
      yield { choices: [{ delta: { tool_calls: [call] } }] };
    }
    yield finished('tool_calls');
  };
}

/** The same turn with other words about its tokens; null says nothing of them. */
export function using(turn: Turn, usage: Readonly<Record<string, unknown>> | null): Turn {
  return async function* (call, signal) {
    for await (const { usage: _usage, ...chunk } of turn(call, signal)) {
      yield usage === null || chunk.choices?.[0]?.finish_reason === undefined
        ? chunk
        : { ...chunk, usage };
    }
  };
}

/** Says something and then fails. */
export function diesAfter(text: string, fault: Fault): Turn {
  return async function* () {
    if (text !== '') yield { choices: [{ delta: { content: text } }] };
    throw fault;
  };
}

function finished(finish_reason: string): ChatChunk {
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  return { choices: [{ delta: {}, finish_reason }], usage };
}

/** A model that follows a script and remembers what it was sent; the last turn repeats. */
export function scriptedModel(turns: readonly Turn[]): Model & { readonly asked: ModelCall[] } {
  const asked: ModelCall[] = [];
  return {
    asked,
    complete(call, signal) {
      const turn = turns[Math.min(asked.length, turns.length - 1)];
      asked.push(call);
      if (turn === undefined) throw new TypeError('A script has at least one turn.');
      return turn(call, signal);
    },
  };
}

/** A tool of a server in memory. */
export interface MemoryTool extends Partial<ToolDescription> {
  readonly name: string;
  readonly run: (args: JsonObject, signal: AbortSignal) => ToolOutcome | Promise<ToolOutcome>;
}

/** Answers with a text. */
export function text(value: string): ToolOutcome {
  return { isError: false, parts: [{ type: 'text', text: value }] };
}

/** Tool servers by URL; a fault in place of tools is what connecting gives. */
export function memoryServers(servers: Record<string, readonly MemoryTool[] | Fault>): ToolServers {
  return {
    async connect({ url }): Promise<Connection> {
      const tools = servers[url];
      if (tools === undefined) throw new Fault('server_unreachable');
      if (tools instanceof Fault) throw tools;
      return {
        protocolVersion: '2026-07-28',
        tools: tools.map(({ run: _run, ...tool }) => ({
          inputSchema: { type: 'object' },
          ...tool,
        })),
        call: async (name, args, { signal }) => {
          const tool = tools.find((other) => other.name === name);
          if (tool === undefined) throw new Fault('server_error');
          return tool.run(args, signal);
        },
        close: async () => {},
      };
    },
  };
}

/** Context documents by URL. */
export function memoryReferences(documents: Record<string, string> = {}): References {
  return {
    async read({ url }) {
      const found = documents[url];
      if (found === undefined) {
        return { url, ok: false, status: 404, error: { code: 'reference_failed', message: '404' } };
      }
      return {
        url,
        ok: true,
        status: 200,
        media_type: 'text/markdown',
        parts: [{ type: 'text', text: found }],
      };
    },
  };
}

/** The limits of a request that says nothing of them. */
export const LIMITS = {
  max_steps: 20,
  max_tool_calls: 64,
  max_total_tokens: null,
  max_cost: null,
  timeout: 60,
};

/** A request with everything at its default. */
export function request(change: Partial<CompletionRequest> = {}): CompletionRequest {
  return {
    version: 1,
    models: [{ provider: 'test', model: 'scripted' }],
    messages: [{ role: 'user', content: 'Hello.' }],
    parameters: {},
    servers: [],
    references: [],
    urls: {
      policy: 'mentions',
      max_urls: 10,
      max_bytes: 1e6,
      max_tokens: 1e5,
      timeout: 15,
      on_error: 'note',
      html: 'markdown',
      shadow: {},
    },
    output: { format: 'markdown' },
    limits: LIMITS,
    profile: 'default',
    on_auth: 'wait',
    store: true,
    ttl: null,
    publish: null,
    input: {},
    ext: {},
    sources: {},
    ...change,
  };
}

/** A tool server entry of a request. */
export function server(label: string, change: Partial<ToolServer> = {}): ToolServer {
  const url = `https://${label}.example/mcp`;
  return {
    label,
    url,
    type: 'mcp',
    headers: {},
    require_approval: 'never',
    from: 'frontmatter',
    ...change,
  };
}

/** A server with one tool, `search__find`. */
export const search = server('search');

/** The servers of a run that has {@link search} alone. */
export function searchServers(run: MemoryTool['run'] = () => text('3 hits')): ToolServers {
  return memoryServers({ [search.url]: [{ name: 'find', description: 'Finds.', run }] });
}

/** A log that holds the start of a run. */
export function startedLog(change: Partial<CompletionRequest> = {}): MemoryLog {
  const log = new MemoryLog(() => Date.now());
  log.append([
    {
      type: 'run-start',
      version: 1,
      id: 'test',
      prompt: 'Hello.',
      request: request(change),
      problems: [],
      expires_at: null,
    },
  ]);
  return log;
}

/** The ports of a test, with defaults for those it does not care about. */
export function ports(model: Model, change: Partial<Ports> = {}): Ports {
  return {
    model,
    servers: memoryServers({}),
    references: memoryReferences(),
    log: startedLog(),
    clock: systemClock(0),
    ...change,
  };
}

/** Runs to the end and gives the state. */
export async function runToEnd(all: Ports, signal = new AbortController().signal): Promise<Run> {
  await executeRun(all, signal);
  return foldRun(all.log.read());
}

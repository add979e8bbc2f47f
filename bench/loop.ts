/** The wall time of tool loops through the engine, beside a hand-written loop with the same peers. */
import { executeRun } from '../src/execute/execute-run.ts';
import { MemoryLog } from '../src/execute/memory-log.ts';
import { openaiModel } from '../src/execute/model/openai-model.ts';
import { configuredProviders } from '../src/execute/model/providers.ts';
import { references } from '../src/execute/references/references.ts';
import { systemClock } from '../src/execute/system-clock.ts';
import { toolServers } from '../src/execute/servers/tool-servers.ts';
import type { CompletionRequest } from '../src/normalize/request.ts';
import { foldRun } from '../src/run/fold-run.ts';
import { request, server } from '../test/support/engine.ts';
import { paired, type Row } from './measure.ts';
import { chatPeer, mcpPeer, type Peer } from './peers.ts';

/** All rows about loops. */
export async function loopRows(): Promise<Row[]> {
  const chat = await chatPeer();
  const slow = await Promise.all(Array.from({ length: 5 }, () => mcpPeer({ delay: 100 })));
  const fast = await mcpPeer();
  const rows: Row[] = [];
  try {
    for (const n of [1, 3, 10]) {
      rows.push(
        await row(chat, {
          what: `${n} parallel calls of a 100 ms tool`,
          servers: slow.slice(0, 1),
          prompt: `times ${n}`,
          goal: 1.05,
        }),
      );
    }
    rows.push(
      await row(chat, {
        what: 'five servers, one 100 ms call each',
        servers: slow,
        prompt: 'times 1',
        goal: 1.05,
      }),
    );
    rows.push(
      await row(chat, {
        what: 'ten sequential tool turns',
        servers: [fast],
        prompt: 'turns 10',
        goal: 1.25,
        rounds: 100,
      }),
    );
    rows.push(
      await row(chat, {
        what: 'no tools, one step',
        servers: [],
        prompt: 'hello',
        goal: 1.25,
        rounds: 200,
      }),
    );
  } finally {
    await Promise.all([chat, fast, ...slow].map((peer) => peer.close()));
  }
  return rows;
}

interface Scene {
  readonly what: string;
  readonly servers: Peer[];
  readonly prompt: string;
  readonly goal: number;
  /** How often it is timed; 9 when left out. */
  readonly rounds?: number;
}

async function row(chat: Peer, scene: Scene): Promise<Row> {
  const { what, servers, prompt, goal, rounds = 9 } = scene;
  const { floor, ours } = await paired(
    rounds,
    () => floorLoop(chat, servers, prompt),
    () => ourLoop(chat, servers, prompt),
  );
  return { what, floor, ours, goal: `≤ ${goal.toFixed(2)}×` };
}

export async function ourLoop(chat: Peer, peers: Peer[], prompt: string): Promise<void> {
  const providers = configuredProviders({ OPENAI_BASE_URL: `${chat.origin}/v1` });
  const change: Partial<CompletionRequest> = {
    models: [{ provider: 'openai', model: 'bench' }],
    messages: [{ role: 'user', content: prompt }],
    servers: peers.map(({ origin }, index) => server(`s${index}`, { url: `${origin}/mcp` })),
  };
  const log = new MemoryLog(() => Date.now());
  const start = {
    type: 'run-start',
    version: 1,
    id: 'bench',
    prompt,
    problems: [],
    expires_at: null,
  } as const;
  log.append([{ ...start, request: request(change) }]);
  await executeRun(
    {
      log,
      clock: systemClock(0),
      model: openaiModel({ providers, fetchFor: () => fetch }),
      servers: toolServers({ fetch, own: async () => null, secrets: () => null }),
      references: references({ fetch }),
    },
    new AbortController().signal,
  );
  const run = foldRun(log.read());
  if (run.status !== 'completed') throw new Error(`the run ${run.status}: ${run.error?.message}`);
}

/** The least that gives the same result: connect in parallel, call in parallel, nothing checked. */
export async function floorLoop(chat: Peer, peers: Peer[], prompt: string): Promise<void> {
  const tools = await Promise.all(
    peers.map(async (peer, index) => {
      await rpc(peer, 'initialize', {});
      await rpc(peer, 'tools/list', {});
      return {
        type: 'function',
        function: { name: `s${index}__wait`, parameters: { type: 'object' } },
      };
    }),
  );
  const messages: unknown[] = [{ role: 'user', content: prompt }];
  for (;;) {
    const calls = await ask(chat, messages, tools);
    if (calls.length === 0) return;
    messages.push({ role: 'assistant', content: null, tool_calls: calls });
    const results = await Promise.all(
      calls.map(async ({ id, function: { name } }) => {
        const peer = peers[Number(/\d+/.exec(name)?.[0])];
        if (peer === undefined) throw new Error(`no server for ${name}`);
        await rpc(peer, 'tools/call', { name: 'wait', arguments: {} });
        return { role: 'tool', tool_call_id: id, content: 'done' };
      }),
    );
    messages.push(...results);
  }
}

interface FloorCall {
  readonly id: string;
  readonly function: { readonly name: string };
}

/** Asks the model and reads the calls that it wants. */
export async function ask(chat: Peer, messages: unknown[], tools: unknown[]): Promise<FloorCall[]> {
  const response = await fetch(`${chat.origin}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'bench', messages, tools, stream: true }),
  });
  const calls: FloorCall[] = [];
  for (const line of (await response.text()).split('\n\n')) {
    if (!line.startsWith('data: {')) continue;
    const chunk = JSON.parse(line.slice(6)) as {
      choices: { delta: { tool_calls?: FloorCall[] } }[];
    };
    calls.push(...(chunk.choices[0]?.delta.tool_calls ?? []));
  }
  return calls;
}

/** One request to a bench server, as little as one can send. */
export async function rpc(peer: Peer, method: string, params: object): Promise<unknown> {
  const response = await fetch(`${peer.origin}/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      ...(method.startsWith('notifications/') ? {} : { id: 1 }),
      method,
      params,
    }),
  });
  return response.status === 202 ? response.text() : response.json();
}

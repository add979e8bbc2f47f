/** One tool loop, two rounds with one call between them: through the door, by hand, and by the AI SDK. */
import { ask } from './loop.ts';
import type { Peer } from './peers.ts';

/** With whom a loop is made. */
export interface LoopPlace {
  readonly chat: Peer;
  /** The hosted door, with the provider's host in its path. */
  readonly door: string;
  /** The tool server, in the stateless protocol. */
  readonly serverUrl: string;
  /** The only tool of it that the model is offered. */
  readonly tool: string;
}

/** A loop, done from begin to end. */
export type Loop = (place: LoopPlace) => Promise<void>;

const PROMPT = 'hello';
const LAST_WORD = 'word9';

/** The whole loop is one request, and the door makes it. */
export async function doorLoop({ door, serverUrl, tool }: LoopPlace): Promise<void> {
  const server = { type: 'mcp', server_label: 's', server_url: serverUrl, allowed_tools: [tool] };
  const response = await fetch(`${door}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-bench' },
    body: JSON.stringify({
      model: 'bench',
      stream: true,
      view: 'text',
      messages: [{ role: 'user', content: PROMPT }],
      tools: [server],
    }),
  });
  const text = await response.text();
  const isCalled = text.includes('"mcp_call"') && !text.includes('"error":{');
  if (!isCalled || !text.includes(LAST_WORD)) throw new Error(`the door said ${text}`);
}

/** The least that gives the same result: tools listed, asked, called, asked; nothing is checked. */
export async function handLoop({ chat, serverUrl, tool }: LoopPlace): Promise<void> {
  const { name, inputSchema: parameters } = await listed(serverUrl, tool);
  const tools = [{ type: 'function', function: { name, parameters } }];
  const messages: unknown[] = [{ role: 'user', content: PROMPT }];
  const calls = await ask(chat, messages, tools);
  if (calls.length !== 1) throw new Error(`the model made ${calls.length} calls`);
  messages.push({ role: 'assistant', content: null, tool_calls: calls });
  for (const { id } of calls) {
    messages.push({ role: 'tool', tool_call_id: id, content: await called(serverUrl, tool) });
  }
  await ask(chat, messages, tools);
}

/** The loop of the AI SDK with the same tool; null where it is not installed. */
export async function sdkLoop(): Promise<Loop | null> {
  const sdk = await Promise.all([import('ai'), import('@ai-sdk/openai-compatible')]).catch(
    () => null,
  );
  if (sdk === null) return null;
  const [{ streamText, tool: sdkTool, jsonSchema, isStepCount }, { createOpenAICompatible }] = sdk;
  return async ({ chat, serverUrl, tool }) => {
    const { name, inputSchema } = await listed(serverUrl, tool);
    const provider = createOpenAICompatible({ name: 'bench', baseURL: `${chat.origin}/v1` });
    const answer = streamText({
      model: provider('bench'),
      prompt: PROMPT,
      tools: {
        [name]: sdkTool({
          inputSchema: jsonSchema<object>(inputSchema),
          execute: () => called(serverUrl, tool),
        }),
      },
      stopWhen: isStepCount(5),
    });
    const text = await answer.text;
    if (!text.includes(LAST_WORD)) throw new Error(`the AI SDK said ${text}`);
  };
}

interface ListedTool {
  readonly name: string;
  readonly inputSchema: object;
}

async function listed(serverUrl: string, tool: string): Promise<ListedTool> {
  const { tools } = (await stateless(serverUrl, 'tools/list', {})) as { tools: ListedTool[] };
  const found = tools.find(({ name }) => name === tool);
  if (found === undefined) throw new Error(`no tool ${tool}`);
  return found;
}

async function called(serverUrl: string, name: string): Promise<string> {
  const result = await stateless(serverUrl, 'tools/call', { name, arguments: {} });
  return (result as { content: { text: string }[] }).content[0]?.text ?? '';
}

const VERSION = '2026-07-28';
const META = {
  'io.modelcontextprotocol/protocolVersion': VERSION,
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** One request as the protocol of 2026-07-28 wants it. */
async function stateless(
  serverUrl: string,
  method: string,
  params: { readonly name?: string; readonly arguments?: object },
): Promise<unknown> {
  const response = await fetch(serverUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': VERSION,
      'mcp-method': method,
      ...(params.name === undefined ? {} : { 'mcp-name': params.name }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: META } }),
  });
  const { result } = (await response.json()) as { result: unknown };
  return result;
}

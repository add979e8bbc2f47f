import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { demoModel } from '../../../src/demo/demo-model.ts';
import { StepAccumulator } from '../../../src/protocol/accumulate.ts';
import type { ChatMessage, ChatTool } from '../../../src/protocol/chat.ts';
import { isObject } from '../../../src/protocol/json.ts';

/** The public test server of MCP: tools that this project did not describe. */
const client = new Client({ name: 'demo-model-test', version: '1' });
let tools: readonly ChatTool[];

beforeAll(async () => {
  const entry = import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js');
  const args = [fileURLToPath(entry), 'stdio'];
  const command = process.execPath;
  await client.connect(new StdioClientTransport({ command, args, stderr: 'ignore' }));
  const listed = await client.listTools();
  tools = listed.tools.map(({ name, description = '', inputSchema }) => {
    const parameters: unknown = JSON.parse(JSON.stringify(inputSchema));
    if (!isJsonObject(parameters)) throw new TypeError(`${name} has no schema`);
    return { type: 'function', function: { name: `everything__${name}`, description, parameters } };
  });
}, 20_000);
afterAll(() => client.close());

it.each([
  ['Echo hello there.', 'Echo: hello there'],
  ['Add 2 and 3', 'The sum of 2 and 3 is 5.'],
  ['echo "one" and add 20 and 22', 'The sum of 20 and 22 is 42.'],
])('%s', async (prompt, expected) => {
  const messages: ChatMessage[] = [{ role: 'user', content: prompt }];
  const { tool_calls } = await step(messages);
  messages.push({ role: 'assistant', content: null, tool_calls });
  for (const { id, function: call } of tool_calls) {
    const args: unknown = JSON.parse(call.arguments);
    const name = call.name.replace('everything__', '');
    const result = await client.callTool({ name, arguments: isObject(args) ? { ...args } : {} });
    const content: unknown = Array.isArray(result.content) ? result.content[0] : undefined;
    const text = isObject(content) ? String(content['text']) : '';
    messages.push({ role: 'tool', tool_call_id: id, content: text });
  }
  expect((await step(messages)).text).toContain(expected);
});

async function step(messages: readonly ChatMessage[]) {
  const accumulator = new StepAccumulator({ step: 1 });
  const call = { messages, tools, parameters: {} };
  const answer = demoModel({ delayMs: 0 }).complete(call, new AbortController().signal);
  for await (const chunk of answer) accumulator.feed(chunk);
  return accumulator.end().answer;
}

function isJsonObject(value: unknown): value is ChatTool['function']['parameters'] {
  return isObject(value);
}

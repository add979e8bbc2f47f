import type { ServerResponse } from 'node:http';
import * as z from 'zod';
import { fillSchema } from '../../src/demo/schema-filling.ts';
import type { Json, JsonObject } from '../../src/protocol/json.ts';

const JSON_VALUE: z.ZodType<Json> = z.json();
const JSON_OBJECT: z.ZodType<JsonObject> = z.record(z.string(), JSON_VALUE);

const CALLS = z.array(z.object({ name: z.string(), arguments: JSON_OBJECT }));

const REQUEST = z.object({
  messages: z.array(z.object({ role: z.string(), content: z.unknown() })),
  tools: z
    .array(z.object({ function: z.object({ name: z.string(), parameters: JSON_OBJECT }) }))
    .default([]),
});

/** A call of a tool with arguments that a scenario wants. */
export type WantedCall = z.infer<typeof CALLS>[number];

/** The text of a prompt that asks for every tool, some of them with given arguments. */
export function everyToolOnce(wanted: readonly WantedCall[]): string {
  return `Call every tool once, these with these arguments:\n\n\`\`\`json\n${JSON.stringify(wanted)}\n\`\`\`\n`;
}

/**
 * Answers a request to `/chat/completions` as a model that does what {@link everyToolOnce} asks,
 * and is content with whatever the tools answer.
 */
export function answerAsModel(response: ServerResponse, body: string): void {
  const { messages, tools } = REQUEST.parse(JSON.parse(body));
  const isDone = messages.some(({ role }) => role === 'tool') || tools.length === 0;
  const wanted = wantedIn(JSON.stringify(messages.map(({ content }) => content)));
  const tool_calls = tools.map(({ function: { name, parameters } }, index) => {
    const given = wanted.find((call) => name.endsWith(call.name))?.arguments;
    const args = JSON.stringify(given ?? fillSchema(parameters));
    return { index, id: `call_${index}`, type: 'function', function: { name, arguments: args } };
  });
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  chunk(response, { delta: isDone ? { content: 'Done.' } : { tool_calls } });
  chunk(response, { delta: {}, finish_reason: isDone ? 'stop' : 'tool_calls' });
  response.end('data: [DONE]\n\n');
}

/** The block of JSON in what the prompt says, which is text inside JSON itself. */
function wantedIn(contents: string): readonly WantedCall[] {
  const block = /```json\\n(.*?)\\n```/.exec(contents)?.[1] ?? '[]';
  return CALLS.parse(JSON.parse(z.string().parse(JSON.parse(`"${block}"`))));
}

function chunk(response: ServerResponse, choice: object): void {
  const sent = { object: 'chat.completion.chunk', choices: [{ index: 0, ...choice }] };
  response.write(`data: ${JSON.stringify(sent)}\n\n`);
}

import { createMcpHandler, McpServer, type CallToolResult } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { calculate } from './calculate.ts';
import { countWords } from './count-words.ts';
import { rollDice } from './roll-dice.ts';
import { timeInZone } from './time-in-zone.ts';

const MAX_REQUEST_BYTES = 256 * 1024;
const MAX_TEXT = 100_000;

/**
 * The built-in MCP server at `/demo/mcp`: four small tools that work with no key and no network,
 * in the stateless protocol of 2026-07-28 and in the handshake before it.
 * @see spec/tool-servers.md, The demo server
 */
export async function demoMcp(request: Request): Promise<Response> {
  // Made for each request: an object of one request may not be used by another in workerd.
  const handler = createMcpHandler(demoServer, { maxRequestBodySize: MAX_REQUEST_BYTES });
  return handler.fetch(request);
}

function demoServer(): McpServer {
  const server = new McpServer(
    { name: 'markdownops-demo', version: '1.0.0' },
    { instructions: 'Small tools to try MarkdownOps with: time, dice, arithmetic, word count.' },
  );
  addTimeInZone(server);
  addRollDice(server);
  addCalculate(server);
  addCountWords(server);
  return server;
}

function addTimeInZone(server: McpServer): void {
  server.registerTool(
    'time_in_zone',
    {
      description: 'The current date and time in a time zone.',
      inputSchema: z.object({
        zone: z.string().max(64).describe('IANA zone, for example Europe/Berlin or Asia/Tokyo'),
      }),
      outputSchema: z.object({
        zone: z.string(),
        local: z.string(),
        weekday: z.string(),
        offset: z.string(),
      }),
      annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    },
    ({ zone }) => {
      const time = timeInZone(zone, Date.now());
      if (time === null) {
        return failed(
          `There is no time zone ${JSON.stringify(zone)}. Zones look like Europe/Berlin, America/New_York, Asia/Tokyo or UTC.`,
        );
      }
      const { local, weekday, offset } = time;
      return answered(`${weekday} ${local} (${offset}) in ${time.zone}`, { ...time });
    },
  );
}

function addRollDice(server: McpServer): void {
  server.registerTool(
    'roll_dice',
    {
      description: 'Rolls dice. With the same seed the same numbers come up.',
      inputSchema: z.object({
        count: z.int().min(1).max(100).default(1).describe('How many dice'),
        sides: z.int().min(2).max(1000).default(6).describe('Sides of each die'),
        seed: z.int().optional().describe('Makes the roll repeatable'),
      }),
      outputSchema: z.object({ rolls: z.array(z.int()), total: z.int(), seed: z.int() }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ count, sides, seed }) => {
      const roll = rollDice(count, sides, seed);
      const text = `${count}d${sides}: ${roll.rolls.join(', ')} (total ${roll.total})`;
      return answered(text, { ...roll });
    },
  );
}

function addCalculate(server: McpServer): void {
  server.registerTool(
    'calculate',
    {
      description:
        'Works out an arithmetic expression: + - * / % ^, parentheses, min, max, sqrt, round.',
      inputSchema: z.object({
        expression: z.string().max(500).describe('For example (2 + 3) * sqrt(16)'),
      }),
      outputSchema: z.object({ value: z.number() }),
      annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    },
    ({ expression }) => {
      const result = calculate(expression);
      if ('error' in result) return failed(result.error);
      return answered(`${expression} = ${result.value}`, { value: result.value });
    },
  );
}

function addCountWords(server: McpServer): void {
  server.registerTool(
    'count_words',
    {
      description: 'Counts the words, characters and lines of a text.',
      inputSchema: z.object({ text: z.string().max(MAX_TEXT) }),
      outputSchema: z.object({ words: z.int(), characters: z.int(), lines: z.int() }),
      annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    },
    ({ text }) => {
      const count = countWords(text);
      const said = `${count.words} words, ${count.characters} characters, ${count.lines} lines`;
      return answered(said, { ...count });
    },
  );
}

function answered(text: string, structuredContent: Record<string, unknown>): CallToolResult {
  return { content: [{ type: 'text', text }], structuredContent };
}

function failed(text: string): CallToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}

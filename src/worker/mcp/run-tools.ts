import { requireScopes } from '@modelcontextprotocol/server';
import type { CallToolResult } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { answerWithRun } from './awaited-run.ts';
import { postedRun, promptAt } from './posted-run.ts';
import { RUN_OUTPUT, VIEW } from './run-result.ts';
import type { TaskServer } from './task-extension.ts';
import { failed, reported } from './tool-call.ts';
import type { McpCall } from './tool-call.ts';

/** Running a prompt calls a model and whatever tools the prompt names. */
export const RUNS_SOMETHING = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: true,
} as const;

const MODEL = z.string().max(200).optional().describe('provider/model, as list_models names it');

const SERVERS = z
  .array(z.union([z.string(), z.record(z.string(), z.unknown())]))
  .max(50)
  .optional()
  .describe('Tool servers for the model: addresses of MCP servers, or entries as in a prompt');

const CHAT = z.object({
  prompt: z.string().describe('What the model is asked, as Markdown'),
  model: MODEL,
  tools: SERVERS,
  view: VIEW,
});

const RUN = z.object({
  prompt: z.string().optional().describe('A prompt document: settings block and text'),
  url: z.url().optional().describe('Where such a document is, instead of `prompt`'),
  input: z.record(z.string(), z.unknown()).optional().describe('Values of its inputs, by name'),
  model: MODEL,
  tools: SERVERS,
  user: z.string().max(200).optional().describe('For whom; keeps their logins apart'),
  idempotency_key: z.string().max(255).optional().describe('The same key again is the same run'),
  view: VIEW,
});

/** Names of the tools that answer with a run. */
export const RUN_TOOLS: ReadonlySet<string> = new Set(['chat_completion', 'run_prompt']);

/** Adds the tools that run something. */
export function addRunTools(server: TaskServer, callOf: (context: McpCall['context']) => McpCall) {
  server.registerTool(
    'chat_completion',
    {
      title: 'Ask a model',
      description:
        'Asks a model, with tools where servers are named, and gives its answer. The run is kept: the result has its addresses.',
      inputSchema: CHAT,
      outputSchema: RUN_OUTPUT,
      annotations: RUNS_SOMETHING,
      scopeChallenge: requireScopes('runs'),
    },
    ({ prompt, model, tools, view }, context) => {
      const call = callOf(context);
      const overrides = { model, tools };
      return reported(() =>
        answerWithRun(call, view, () => postedRun(call, { prompt, isForeign: false, overrides })),
      );
    },
  );
  server.registerTool(
    'run_prompt',
    {
      title: 'Run a prompt',
      description:
        'Runs a prompt document with its own settings, inputs and tool servers, and gives its answer. A document from an address runs without your logins and secrets until you confirmed it there.',
      inputSchema: RUN,
      outputSchema: RUN_OUTPUT,
      annotations: RUNS_SOMETHING,
      scopeChallenge: requireScopes('runs'),
    },
    (wish, context) => {
      const call = callOf(context);
      return reported(() => answerWithRun(call, wish.view, () => started(call, wish)));
    },
  );
}

async function started(call: McpCall, wish: z.infer<typeof RUN>): Promise<string | CallToolResult> {
  const { prompt, url, input, model, tools, user, idempotency_key } = wish;
  if ((prompt === undefined) === (url === undefined)) {
    return failed('Give either "prompt", the document, or "url", its address.');
  }
  return postedRun(call, {
    prompt: prompt ?? (await promptAt(url ?? '', call)),
    isForeign: prompt === undefined,
    input,
    overrides: { model, tools },
    user,
    idempotency_key,
  });
}

import { requireScopes } from '@modelcontextprotocol/server';
import type { StandardSchemaWithJSON } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { Fault } from '../../fault/fault.ts';
import { readDeclaration } from '../../normalize/input-declaration.ts';
import { parsePrompt } from '../../parse/parse-prompt.ts';
import type { JsonObject } from '../../protocol/json.ts';
import { bounded } from '../../publish/bounded.ts';
import { titleOf } from '../../publish/run-title.ts';
import { visible } from '../../publish/visible.ts';
import type { RunView } from '../../run/view.ts';
import type { Env } from '../env.ts';
import { there } from '../run/read-run.ts';
import { runClient } from '../run/run-client.ts';
import { answerWithRun } from './awaited-run.ts';
import type { McpCaller } from './mcp-caller.ts';
import { postedRun } from './posted-run.ts';
import { RUN_OUTPUT } from './run-result.ts';
import { RUNS_SOMETHING } from './run-tools.ts';
import type { TaskServer } from './task-extension.ts';
import { proofOfCaller, reported } from './tool-call.ts';
import type { McpCall } from './tool-call.ts';

/** UTF-16 units of a description. */
const MAX_DESCRIPTION = 4000;

/** A prompt that is a tool. */
export interface PromptTool {
  readonly document: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** JSON Schema of its inputs. */
  readonly schema: JsonObject;
  /** Whether it is a document from elsewhere for its caller. */
  readonly isForeign: boolean;
}

/**
 * The prompt of a run as a tool.
 * @throws Fault `not_found` where the caller may not see the prompt, `gone`
 * @see spec/mcp.md MCP-15
 */
export async function promptTool(env: Env, caller: McpCaller, id: string): Promise<PromptTool> {
  const object = runClient(env, id);
  // Whoever was let run prompts for somebody may run theirs too: the program acts as they would.
  const asPerson = { ...caller, clientId: null };
  const run = there(await object.view(proofOfCaller(asPerson)));
  if (run.prompt === null) throw new Fault('not_found');
  // Who was led to run a stranger's document has not said that it may use what is theirs.
  const isOwn = there(await object.isBy(caller.principal, 'document'));
  const isForeign = run.viewer !== 'owner' || !isOwn;
  return {
    document: run.prompt,
    name: nameOf(run),
    title: visible(titleOf(run)),
    description: descriptionOf(run),
    schema: inputSchema(run.prompt),
    isForeign,
  };
}

/** Adds the prompt as the only tool of a server. */
export function addPromptTool(
  server: TaskServer,
  { name, title, description, schema, document, isForeign }: PromptTool,
  callOf: (context: McpCall['context']) => McpCall,
): void {
  server.registerTool(
    name,
    {
      title,
      description,
      inputSchema: unchecked(schema),
      outputSchema: RUN_OUTPUT,
      annotations: RUNS_SOMETHING,
      scopeChallenge: requireScopes('runs'),
    },
    (input, context) => {
      const call = callOf(context);
      return reported(() =>
        answerWithRun(call, 'text', () => postedRun(call, { prompt: document, isForeign, input })),
      );
    },
  );
}

function nameOf(run: RunView): string {
  const wanted = run.request?.name ?? run.request?.title ?? 'prompt';
  const words = wanted.normalize('NFKD').split(/[^\w.-]+/);
  const name = words.filter((word) => word !== '').join('_');
  return name.slice(0, 64) || 'prompt';
}

function descriptionOf(run: RunView): string {
  const words = run.request?.description ?? `Runs the prompt "${titleOf(run)}".`;
  return bounded(visible(words), MAX_DESCRIPTION).text;
}

function inputSchema(document: string): JsonObject {
  const { frontmatter } = parsePrompt(document);
  const entry = frontmatter?.entries.find(({ key }) => ['input', 'inputs'].includes(key));
  const declared = entry === undefined ? null : readDeclaration(entry.value);
  if (declared === null || 'wrong' in declared) return { type: 'object', properties: {} };
  const { schema, defaults } = declared;
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const missing = required.filter((name) => typeof name === 'string' && !(name in defaults));
  return { ...schema, type: 'object', ...(required.length > 0 ? { required: missing } : {}) };
}

/**
 * A schema that is shown and not evaluated here: what a stranger wrote may hold a pattern that
 * takes for ever. The values are checked like those of every run, within bounds.
 */
function unchecked(schema: JsonObject): StandardSchemaWithJSON<Record<string, unknown>> {
  const values = z.record(z.string(), z.unknown());
  return {
    '~standard': {
      ...values['~standard'],
      jsonSchema: { input: () => schema, output: () => schema },
    },
  };
}

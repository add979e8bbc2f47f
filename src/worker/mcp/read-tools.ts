import { requireScopes } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { Fault } from '../../fault/fault.ts';
import { modelsFor } from '../chat/models-door.ts';
import { connectionJson } from '../login/connections.ts';
import { isOfThisServer } from '../principal/principal-name.ts';
import { principalClient } from '../principal/principal-client.ts';
import { there } from '../run/read-run.ts';
import { runClient } from '../run/run-client.ts';
import { isRunId } from '../run/run-id.ts';
import { readResult, RUN_OUTPUT, tellingOf, VIEW } from './run-result.ts';
import type { TaskServer } from './task-extension.ts';
import { answered, proofOfCaller, reported } from './tool-call.ts';
import type { McpCall } from './tool-call.ts';
import { orStone } from '../snapshot/public-view.ts';

const READS = { readOnlyHint: true, idempotentHint: true, openWorldHint: false } as const;

const MODELS = z.object({
  models: z.array(z.object({ id: z.string(), owned_by: z.string(), created: z.number() })),
});

const CONNECTIONS = z.object({
  connections: z.array(
    z.object({
      id: z.string(),
      server_url: z.string(),
      profile: z.string(),
      user: z.string(),
      issuer: z.string(),
      scope: z.string().nullable(),
      created_at: z.string(),
      expires_at: z.string().nullable(),
      can_refresh: z.boolean(),
    }),
  ),
});

/** Adds the tools that only read. */
export function addReadTools(server: TaskServer, callOf: (context: McpCall['context']) => McpCall) {
  addGetRun(server, callOf);
  server.registerTool(
    'list_models',
    {
      title: 'Models',
      description: 'The models of this server, as `model` takes them.',
      outputSchema: MODELS,
      annotations: READS,
    },
    (context) =>
      reported(async () => {
        const { env, settings, caller } = callOf(context);
        const { principal, origin } = caller;
        const use = { env, settings, origin, isTrusted: isOfThisServer(principal) };
        const models = await modelsFor(use, principal, context.mcpReq.signal);
        const data = MODELS.parse({ models });
        return answered(data.models.map(({ id }) => id).join('\n'), data);
      }),
  );
  server.registerTool(
    'list_connections',
    {
      title: 'Logins to tool servers',
      description: 'The tool servers that you are logged in to here. No token is shown.',
      outputSchema: CONNECTIONS,
      annotations: READS,
      scopeChallenge: requireScopes('connections'),
    },
    (context) =>
      reported(async () => {
        const { env, settings, caller } = callOf(context);
        const records = await principalClient(env, caller).list();
        const connections = records.map((record) => connectionJson(record, settings));
        const data = CONNECTIONS.parse({ connections });
        const lines = data.connections.map(({ server_url }) => server_url);
        const text = lines.length === 0 ? 'There is no login.' : lines.join('\n');
        return answered(text, data);
      }),
  );
}

function addGetRun(server: TaskServer, callOf: (context: McpCall['context']) => McpCall): void {
  server.registerTool(
    'get_run',
    {
      title: 'Read a run',
      description:
        'Where a run stands and what it gave. A run that somebody else made is shown as its author publishes it.',
      inputSchema: z.object({
        id: z.string().max(500).describe('The id of the run, or its address here'),
        view: VIEW,
      }),
      outputSchema: RUN_OUTPUT,
      annotations: READS,
      scopeChallenge: requireScopes('runs'),
    },
    ({ id: given, view }, context) =>
      reported(async () => {
        const call = callOf(context);
        const { env, settings, caller } = call;
        const id = /(?:^|\/)([0-9A-Za-z]{32})(?:\.[a-z]+)?$/.exec(given)?.[1] ?? '';
        if (!(await isRunId(settings.idKey, id))) throw new Fault('not_found');
        const found = await runClient(env, id).view(proofOfCaller(caller));
        const run = there(await orStone(env, id, found));
        return readResult(run, tellingOf(call, view));
      }),
  );
}

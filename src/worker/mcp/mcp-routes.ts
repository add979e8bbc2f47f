import type { Hono } from 'hono';
import { Fault } from '../../fault/fault.ts';
import { otherMethod } from '../other-method.ts';
import { isRunId } from '../run/run-id.ts';
import type { Asked, Surroundings } from '../surroundings.ts';
import { mcpSessions } from './mcp-sessions.ts';

const METHODS = 'POST, DELETE';

/**
 * Adds the MCP endpoint: `/mcp` with the tools of this server, `/mcp/{id}` with the prompt of a run
 * as a tool of its own. They answer every method themselves.
 * @see spec/mcp.md
 */
export function addMcpRoutes(app: Hono<Surroundings>): void {
  app.all('/mcp', (asked) => answered(asked, null));
  app.all('/mcp/:id{[0-9A-Za-z]{32}}', (asked) => answered(asked, asked.req.param('id')));
}

async function answered({ req, env, var: held }: Asked, prompt: string | null): Promise<Response> {
  const { settings } = held;
  const request = req.raw;
  // No stream of its own stands open: everything is said in the answer to a call.
  if (!METHODS.split(', ').includes(request.method))
    return otherMethod(request, METHODS, FOR_CLIENTS);
  const protocol = await import('./protocol.ts');
  const caller = await protocol.mcpCaller(request, env, settings);
  if (caller === null) return protocol.unknownCaller(request, settings);
  if (prompt !== null && !(await isRunId(settings.idKey, prompt))) throw new Fault('not_found');
  if (prompt !== null) await protocol.promptTool(env, caller, prompt);
  return protocol.answerMcp(request, {
    server: () => protocol.productServer({ env, caller, prompt }),
    authInfo: protocol.authInfoOf(caller),
    session: (message) => mcpSessions(env, caller).serve(message, { caller, prompt }),
    isHeld: (tool) => prompt !== null || protocol.isRunTool(tool),
  });
}

/** Said to who opens the address in a browser. */
const FOR_CLIENTS =
  'This is the address of an MCP server. Give it to an MCP client, which sends POST.';

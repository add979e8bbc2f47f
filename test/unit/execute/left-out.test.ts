import { afterEach, describe, expect, it } from 'vitest';
import { toolServers } from '../../../src/execute/servers/tool-servers.ts';
import { renderJson } from '../../../src/publish/render-json.ts';
import { serverFacts } from '../../../src/publish/run-words.ts';
import type { Run } from '../../../src/run/run.ts';
import { viewFor } from '../../../src/run/view.ts';
import type { RunView } from '../../../src/run/view.ts';
import { ports, runToEnd, says, scriptedModel, server, startedLog } from '../../support/engine.ts';
import { handMade, sendResult, serve, type TestServer } from './references/http-server.ts';

const open: TestServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

/** A run with a server of one tool that can be used and two that cannot. */
async function runWith(change: { allowed_tools?: string[]; disallowed_tools?: string[] }) {
  const tools = [
    { name: 'fine', inputSchema: { type: 'object' } },
    { name: 'broken', inputSchema: { type: 'string' } },
    { name: 'torn', inputSchema: 7 },
  ];
  const peer = await serve(
    handMade((message, response) => sendResult(response, message, { tools })),
  );
  open.push(peer);
  const servers = [server('loose', { url: `${peer.origin}/mcp` })];
  return await runToEnd(
    ports(scriptedModel([says('Done.')]), {
      servers: toolServers({ fetch, own: async () => null, secrets: () => null }),
      log: startedLog({ servers, publish: 'answer', ...change }),
    }),
  );
}

const leftOutOf = (run: Run): string[] | undefined =>
  run.servers[0]?.end?.left_out?.map(({ name }) => name);

function factsOf(view: RunView): string {
  return view.servers.map((one) => serverFacts(one, view.status)).join('');
}

describe('a tool that its server describes so that it cannot be used', () => {
  it('does not keep the run from the others, and the run says which it is and why', async () => {
    const run = await runWith({});
    expect(run.status).toBe('completed');
    expect(run.servers[0]?.end?.tools?.map(({ name }) => name)).toEqual(['fine']);
    expect(leftOutOf(run)).toEqual(['broken', 'torn']);
    expect(run.servers[0]?.end?.left_out?.[0]?.why).toContain('tool broken of 127.0.0.1');
  });

  it.each([
    [{ allowed_tools: ['fine', 'broken'] }, ['broken']],
    [{ allowed_tools: ['fine'] }, undefined],
    [{ disallowed_tools: ['t*'] }, ['broken']],
  ])('is told of where the prompt wants it: %j', async (change, names) => {
    expect(leftOutOf(await runWith(change))).toEqual(names);
  });

  it('is shown to the owner, and to nobody else', async () => {
    const run = await runWith({});
    const [owner, others] = [viewFor('owner', run), viewFor('public', run)];
    expect(factsOf(owner)).toContain('2 tools left out: The tool broken of ');
    expect(renderJson(owner, null)['servers']).toMatchObject([
      { left_out: [{ name: 'broken' }, {}] },
    ]);
    expect(factsOf(others)).not.toContain('left out');
    expect(JSON.stringify(renderJson(others, null))).not.toContain('broken');
  });
});

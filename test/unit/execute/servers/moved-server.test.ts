import { afterEach, describe, expect, test } from 'vitest';
import { guardedFetch } from '../../../../src/egress/guarded-fetch.ts';
import { nodeNetwork } from '../../../../src/node/node-network.ts';
import {
  handMade,
  plainTools,
  sendResult,
  serve,
  type TestServer,
} from '../references/http-server.ts';
import { connectTo, faultOf, NEVER, serverAt } from './connect.ts';

const open: TestServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

/** A server that is mounted at `/mcp/`, as Starlette does it, with the lines of what it was asked. */
async function mounted(status: number, location = '/mcp/') {
  const lines: string[] = [];
  const tools = handMade((message, response) =>
    sendResult(
      response,
      message,
      message.method === 'tools/list' ? plainTools('a') : { content: [] },
    ),
  );
  const server = await serve((request, response) => {
    lines.push(`${request.method} ${request.url} ${String(request.headers['x-api-key'])}`);
    if (request.url === '/mcp/') return tools(request, response);
    return response.writeHead(status, { location }).end();
  });
  open.push(server);
  return Object.assign(server, { lines });
}

/** Connects through the guarded fetch, for which the redirect of a POST is a fault. */
function connectGuarded({ origin }: TestServer) {
  const fetch = guardedFetch({
    allow: [new URL(origin).host],
    transport: nodeNetwork(),
    maxBytes: 1_000_000,
    headTimeoutMs: 20_000,
    idleTimeoutMs: 20_000,
    totalTimeoutMs: 20_000,
    hops: { get: 3, post: 0 },
  });
  return connectTo(serverAt(`${origin}/mcp`, { headers: { 'x-api-key': 'k' } }), { fetch });
}

describe('a server that answers with a redirect', () => {
  test.each([307, 308])(
    'of %s on its origin is spoken to there, with its headers',
    async (status) => {
      const server = await mounted(status);
      const connection = await connectGuarded(server);
      expect(connection.tools.map(({ name }) => name)).toEqual(['a']);
      await connection.call('a', {}, { signal: NEVER });
      await connection.close();
      const asked = server.lines.filter((line) => line.startsWith('POST /mcp '));
      expect(asked, 'the first request alone is redirected').toEqual(['POST /mcp k']);
      expect(server.lines.filter((line) => line.startsWith('POST /mcp/ k')).length).toBeGreaterThan(
        2,
      );
    },
  );

  test('that would make a GET of a POST is refused', async () => {
    const server = await mounted(302);
    expect((await faultOf(connectGuarded(server))).code).toBe('server_error');
    expect(server.lines.some((line) => line.includes('/mcp/'))).toBe(false);
  });

  test('to another origin gets nothing there', async () => {
    const other = await mounted(404);
    const server = await mounted(307, `${other.origin}/mcp/`);
    expect((await faultOf(connectGuarded(server))).code).toBe('server_error');
    expect(other.lines).toEqual([]);
  });

  test.each([
    ['two slashes', (host: string) => `//${host}/mcp/`],
    ['two backslashes', (host: string) => String.raw`\\${host}/mcp/`],
    ['a host before an at sign', (host: string) => `http://127.0.0.1:1@${host}/mcp/`],
  ])('that hides another origin behind %s gets nothing there', async (_what, location) => {
    const other = await mounted(404);
    const server = await mounted(307, location(new URL(other.origin).host));
    await faultOf(connectGuarded(server));
    expect(other.lines).toEqual([]);
  });

  test('that puts a user and a password into the address is refused', async () => {
    const lines: string[] = [];
    const server = await serve((request, response) => {
      lines.push(`${request.method} ${request.url} ${String(request.headers.authorization)}`);
      const to = `http://a:b@${String(request.headers.host)}/mcp/`;
      return response.writeHead(307, { location: to }).end();
    });
    open.push(server);
    expect((await faultOf(connectGuarded(server))).code).toBe('address_refused');
    expect(lines).toEqual(['POST /mcp undefined']);
  });

  test('that leads to another one is given up', async () => {
    const server = await mounted(307, '/again');
    expect((await faultOf(connectGuarded(server))).code).toBe('server_error');
    expect(server.lines).toHaveLength(2);
  });
});

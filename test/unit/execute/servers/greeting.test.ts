import type { IncomingMessage, ServerResponse } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { describe, expect, test } from 'vitest';
import { demoMcp } from '../../../../src/demo/demo-mcp.ts';
import { bodyOf, overHttp, serve } from '../references/http-server.ts';
import { closedAfterEach, connectTo, faultOf } from './connect.ts';

const kept = closedAfterEach();

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

async function answeredByV1(request: IncomingMessage, response: ServerResponse, body: unknown) {
  const server = new McpServer({ name: 'v1', version: '1' });
  server.registerTool('echo', { description: 'Says it again' }, () => ({ content: [] }));
  // Without the option, and so without sessions.
  const transport = new StreamableHTTPServerTransport({});
  await server.connect(transport);
  await transport.handleRequest(request, response, body);
}

/**
 * A server of the v1 SDK, which has not heard of `server/discover`; what stands before it answers that,
 * and `initialize` where that is said.
 */
async function gated(discover: Answer, initialize?: Answer) {
  const asked: string[] = [];
  const server = await serve(async (request, response) => {
    if (request.method !== 'POST') return response.writeHead(405).end();
    const body: unknown = JSON.parse(await bodyOf(request));
    const method = /"method":"([a-z/]+)"/.exec(JSON.stringify(body))?.[1] ?? '';
    asked.push(method);
    const gates = new Map([
      ['server/discover', discover],
      ['initialize', initialize],
    ]);
    const answer = gates.get(method);
    if (answer !== undefined) return answer(request, response);
    return answeredByV1(request, response, body);
  });
  kept(server);
  return { url: `${server.origin}/mcp`, asked };
}

function answering(status: number, type?: string, body = ''): Answer {
  return (_request, response) =>
    response.writeHead(status, type === undefined ? {} : { 'content-type': type }).end(body);
}

const silent: Answer = () => {};
const SHORT = { limits: { connectMs: 2000 } };
const LONG = { limits: { connectMs: 8000 } };

describe('a server that answers server/discover with', () => {
  test.each([
    ['500', answering(500, 'text/plain', 'unknown method')],
    ['501', answering(501)],
    ['502 of its gateway', answering(502, 'text/html', '<p>bad gateway</p>')],
    ['403', answering(403, 'application/json', '{"message": "no such method"}')],
    ['202', answering(202)],
    ['an empty 200', answering(200)],
    ['an empty 200 of JSON', answering(200, 'application/json')],
    ['204', answering(204)],
  ])('%s is greeted with the handshake', async (_what, answer) => {
    const { url, asked } = await gated(answer);
    const connection = kept(await connectTo(url));
    expect(connection).toMatchObject({ name: 'v1', tools: [{ name: 'echo' }] });
    expect(asked.slice(0, 2)).toEqual(['server/discover', 'initialize']);
  });

  test('nothing at all is greeted with the handshake before the time is over', async () => {
    const { url, asked } = await gated(silent);
    const connection = kept(await connectTo(url, LONG));
    expect(connection).toMatchObject({ name: 'v1', tools: [{ name: 'echo' }] });
    expect(asked.filter((method) => method === 'initialize')).toHaveLength(1);
  });

  test('a stream that says nothing is greeted with the handshake too', async () => {
    const { url } = await gated((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
    });
    expect(kept(await connectTo(url, LONG))).toMatchObject({ name: 'v1' });
  });

  test('401 asks for a login, and the handshake is not tried', async () => {
    const { url, asked } = await gated(answering(401));
    expect((await faultOf(connectTo(url))).code).toBe('login_required');
    expect(asked).toEqual(['server/discover']);
  });

  test('an error of its own, and the handshake with 401, asks for a login', async () => {
    const { url } = await gated(answering(500), answering(401));
    expect((await faultOf(connectTo(url))).code).toBe('login_required');
  });

  test('silence, and the handshake with 401, asks for a login at once', async () => {
    const { url, asked } = await gated(silent, answering(401));
    expect((await faultOf(connectTo(url, LONG))).code).toBe('login_required');
    expect(asked).toEqual(['server/discover', 'initialize']);
  });

  test.each([
    [500, 503],
    [403, 403],
    [503, 403],
  ])('%i, and the handshake with %i, is a fault with the second', async (first, second) => {
    const { url, asked } = await gated(answering(first), answering(second));
    const fault = await faultOf(connectTo(url));
    expect(fault).toMatchObject({ code: 'server_error', detail: { status: second } });
    expect(asked).toEqual(['server/discover', 'initialize']);
  });

  test('a document is no MCP server, and is asked nothing more', async () => {
    const { url, asked } = await gated(answering(200, 'text/html', '<p>page</p>'));
    expect((await faultOf(connectTo(url))).code).toBe('server_not_mcp');
    expect(asked).toEqual(['server/discover']);
  });
});

describe('a server that is silent', () => {
  test('to everything takes no longer than the time limit, and nothing stays open', async () => {
    let open = 0;
    const hold: Answer = (_request, response) => {
      open += 1;
      response.on('close', () => (open -= 1));
    };
    const { url, asked } = await gated(hold, hold);
    expect((await faultOf(connectTo(url, SHORT))).code).toBe('server_timeout');
    expect(asked).toEqual(['server/discover', 'initialize']);
    await expect.poll(() => open, { timeout: 10_000 }).toBe(0);
  });

  test('for a while, and then knows the stateless protocol, is spoken to in it', async () => {
    const initialized = Promise.withResolvers<void>();
    let open = 0;
    const server = kept(
      await serve(async (request, response) => {
        if (request.method !== 'POST') return response.writeHead(405).end();
        // A server that is still starting: it answers when the handshake has come as well.
        if (request.headers['mcp-method'] === undefined) {
          open += 1;
          response.on('close', () => (open -= 1));
          return initialized.resolve();
        }
        await initialized.promise;
        return overHttp(demoMcp)(request, response);
      }),
    );
    const connection = kept(await connectTo(`${server.origin}/demo/mcp`, LONG));
    expect(connection.protocolVersion).toBe('2026-07-28');
    await expect.poll(() => open, { timeout: 10_000 }).toBe(0);
  });

  test('for a while, and refuses the handshake, may still know the stateless protocol', async () => {
    const initialized = Promise.withResolvers<void>();
    const server = kept(
      await serve(async (request, response) => {
        if (request.headers['mcp-method'] === undefined) {
          response.writeHead(400).end();
          return initialized.resolve();
        }
        await initialized.promise;
        return overHttp(demoMcp)(request, response);
      }),
    );
    const connection = kept(await connectTo(`${server.origin}/demo/mcp`, LONG));
    expect(connection.protocolVersion).toBe('2026-07-28');
  });
});

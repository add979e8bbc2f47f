import { afterEach, describe, expect, test, vi } from 'vitest';
import { toolServers } from '../../../../src/execute/servers/tool-servers.ts';
import { Fault } from '../../../../src/fault/fault.ts';
import { connectTo, faultOf, NEVER, serverAt } from './connect.ts';
import {
  event,
  handMade,
  plainTools,
  sendResult,
  serve,
  type RpcMessage,
  type TestServer,
} from '../references/http-server.ts';

const open: TestServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function started(...args: Parameters<typeof serve>): Promise<TestServer> {
  const server = await serve(...args);
  open.push(server);
  return server;
}

function answering(status: number, type: string, body: string): Promise<TestServer> {
  return started((_request, response) =>
    response.writeHead(status, { 'content-type': type }).end(body),
  );
}

function listing(result: (message: RpcMessage) => unknown): Promise<TestServer> {
  return started(handMade((message, response) => sendResult(response, message, result(message))));
}

const nested = (depth: number): unknown =>
  JSON.parse('{"a":'.repeat(depth) + '1' + '}'.repeat(depth));

const codeOf = async (server: TestServer): Promise<string> =>
  (await faultOf(connectTo(`${server.origin}/mcp`))).code;

describe('what is no MCP server', () => {
  test.each([
    [404, 'text/plain', 'nothing', 'server_not_mcp'],
    [405, 'text/plain', 'no', 'server_not_mcp'],
    [200, 'text/html', '<p>a page</p>', 'server_not_mcp'],
    [200, 'text/markdown', '# a page', 'server_not_mcp'],
    [200, 'application/json', '{"hello": "world"}', 'server_not_mcp'],
    [200, 'application/json', '[1, 2]', 'server_not_mcp'],
  ])('a %s %s is not MCP', async (status, type, body, code) => {
    expect(await codeOf(await answering(status, type, body))).toBe(code);
  });

  test.each([
    [400, 'application/json', '{}', 'server_error'],
    [403, 'text/plain', 'no', 'server_error'],
    [429, 'text/plain', 'slow down', 'server_error'],
    [500, 'text/html', '<p>broken</p>', 'server_error'],
    [503, 'text/html', '<p>busy</p>', 'server_error'],
    [401, 'text/plain', 'who?', 'login_required'],
    [200, 'application/json', '{"jsonrpc": "2.0", ', 'server_garbage'],
    [200, 'application/json', '{"jsonrpc": "1.0", "result": 7}', 'server_garbage'],
    [200, 'application/json', '{"jsonrpc": "2.0", "id": 99, "result": {}}', 'server_garbage'],
    [
      200,
      'application/json',
      '{"jsonrpc": "2.0", "id": null, "error": {"code": -1, "message": ""}}',
      'server_error',
    ],
    [202, 'text/plain', '', 'server_garbage'],
    [200, 'text/event-stream', 'data: {"jsonrpc"\n\n', 'server_garbage'],
    [200, 'text/event-stream', '', 'server_garbage'],
  ])('a %s %s %j is a fault of a server, not a document', async (status, type, body, code) => {
    const fault = await faultOf(
      connectTo(`${(await answering(status, type, body)).origin}/mcp`, {
        limits: { connectMs: 3000 },
      }),
    );
    expect(fault).toBeInstanceOf(Fault);
    expect(fault.code).toBe(code);
  });

  test('a page that takes no POST and shows HTML to a GET is not MCP', async () => {
    const server = await started((request, response) => {
      if (request.method === 'POST') return response.writeHead(405).end();
      return response.writeHead(200, { 'content-type': 'text/html' }).end('<p>page</p>');
    });
    expect(await codeOf(server)).toBe('server_not_mcp');
  });

  test.each([
    [400, 'a key is missing'],
    [404, '{"jsonrpc": "2.0", "id": null, "error": {"code": -1, "message": "no session"}}'],
  ])(
    'a POST rejected with %s %j is no document, though a GET finds nothing',
    async (status, body) => {
      const server = await started((request, response) =>
        response.writeHead(request.method === 'POST' ? status : 405).end(body),
      );
      const fault = await faultOf(connectTo(`${server.origin}/mcp`));
      expect(fault).toMatchObject({ code: 'server_error', detail: { status } });
    },
  );

  test('a path on this server where nothing is served is not MCP', async () => {
    expect((await faultOf(connectTo('/nothing/mcp'))).code).toBe('server_not_mcp');
  });
});

describe('a server that fails', () => {
  test('one that is down is unreachable', async () => {
    const server = await serve((_request, response) => response.end());
    await server.close();
    expect(await codeOf(server)).toBe('server_unreachable');
  });

  test('one that closes the socket is unreachable', async () => {
    expect(await codeOf(await started((request) => request.socket.destroy()))).toBe(
      'server_unreachable',
    );
  });

  test('one that hangs is given up, and the request is let go', async () => {
    const closed = Promise.withResolvers<void>();
    const server = await started((_request, response) => response.on('close', closed.resolve));
    const connecting = connectTo(`${server.origin}/mcp`, { limits: { connectMs: 1000 } });
    expect((await faultOf(connecting)).code).toBe('server_timeout');
    await closed.promise;
  });

  test('one that hangs in the tool list is given up too', async () => {
    const server = await started(handMade(() => {}));
    const connecting = connectTo(`${server.origin}/mcp`, { limits: { connectMs: 200 } });
    expect((await faultOf(connecting)).code).toBe('server_timeout');
  });

  test('aborting while it hangs ends the connecting', async () => {
    const abort = new AbortController();
    const server = await started(() => abort.abort());
    const fault = await faultOf(connectTo(`${server.origin}/mcp`, { signal: abort.signal }));
    expect(fault.code).toBe('cancelled');
  });

  test('a login is asked for with the host, and the way to give a token', async () => {
    const server = await answering(401, 'text/plain', '');
    const fault = await faultOf(connectTo(`${server.origin}/mcp`));
    expect(fault.message).toContain(new URL(server.origin).host);
    expect(fault.message).toContain('authorization:');
  });

  test('what it says is not repeated, for it may be what was sent to it', async () => {
    const server = await started((request, response) =>
      response.writeHead(500).end(request.headers.authorization),
    );
    const fault = await faultOf(
      connectTo(serverAt(`${server.origin}/mcp`, { authorization: 'canary-1' })),
    );
    expect(JSON.stringify(fault)).not.toContain('canary-1');
  });

  test('HTML, 404 and 503 in the middle of a run are faults of the server', async () => {
    const answers = [
      [200, 'text/html', 'server_garbage'],
      [404, 'text/plain', 'server_error'],
      [503, 'text/plain', 'server_error'],
    ] as const;
    let next = 0;
    const server = await started(
      handMade((message, response) => {
        if (message.method === 'tools/list') return sendResult(response, message, plainTools('a'));
        const [status, type] = answers[next] ?? [500, ''];
        return response.writeHead(status, { 'content-type': type }).end('x');
      }),
    );
    const connection = await connectTo(`${server.origin}/mcp`);
    for (const [, , code] of answers) {
      expect((await faultOf(connection.call('a', {}, { signal: NEVER }))).code).toBe(code);
      next += 1;
    }
    await connection.close();
  });

  test('a stream that ends without a result fails the call at once', async () => {
    const server = await started(
      handMade((message, response) => {
        if (message.method === 'tools/list') return sendResult(response, message, plainTools('a'));
        return response
          .writeHead(200, { 'content-type': 'text/event-stream' })
          .end(': nothing\n\n');
      }),
    );
    const connection = await connectTo(`${server.origin}/mcp`);
    const fault = await faultOf(connection.call('a', {}, { signal: NEVER }));
    expect(fault.code).toBe('server_garbage');
    await connection.close();
  });
});

describe('faults of the guarded fetch', () => {
  test.each(['address_refused', 'server_timeout', 'server_limit'] as const)(
    '%s comes through as it is',
    async (code) => {
      const refused = new Fault(code, 'as it was');
      const connecting = connectTo('https://mcp.example.com/mcp', {
        fetch: () => Promise.reject(refused),
      });
      expect(await faultOf(connecting)).toBe(refused);
    },
  );

  test('also when it is thrown in the middle of a call', async () => {
    const server = await started(
      handMade((message, response) => sendResult(response, message, plainTools('a'))),
    );
    const refused = new Fault('address_refused');
    let refuse = false;
    const connection = await connectTo(`${server.origin}/mcp`, {
      fetch: (url, init) => (refuse ? Promise.reject(refused) : fetch(url, init)),
    });
    refuse = true;
    expect(await faultOf(connection.call('a', {}, { signal: NEVER }))).toBe(refused);
  });
});

describe('headers', () => {
  test('a redirect to another origin is not followed, so no header goes there', async () => {
    const other = await answering(200, 'application/json', '{}');
    const server = await started((_request, response) =>
      response.writeHead(307, { location: `${other.origin}/mcp` }).end(),
    );
    const connecting = connectTo(
      serverAt(`${server.origin}/mcp`, { headers: { 'x-api-key': 'k' } }),
    );
    expect((await faultOf(connecting)).code).toBe('server_error');
    expect(other.seen).toEqual([]);
  });

  test('an SSE endpoint on another origin is not posted to', async () => {
    const other = await answering(200, 'application/json', '{}');
    const server = await started((request, response) => {
      if (request.method === 'POST') return response.writeHead(405).end();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return response.write(`event: endpoint\ndata: ${other.origin}/post\n\n`);
    });
    expect((await faultOf(connectTo(`${server.origin}/sse`))).code).toBe('server_garbage');
    expect(other.seen).toEqual([]);
  });

  test('secrets are put in only when the server is called, and a missing one is named', async () => {
    const asked: string[] = [];
    const server = await started(
      handMade((message, response) => sendResult(response, message, plainTools('a'))),
    );
    const secrets = (name: string): string | null => {
      asked.push(name);
      return name === 'KEY' ? 'hush' : null;
    };
    const servers = toolServers({ fetch, own: async () => null, secrets });
    expect(asked).toEqual([]);
    const url = `${server.origin}/mcp`;
    const connection = await servers.connect(serverAt(url, { authorization: '${env:KEY}' }), NEVER);
    await connection.close();
    expect(new Set(server.seen.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer hush']),
    );
    const missing = servers.connect(
      serverAt(url, { headers: { 'x-key': 'k ${env:NONE}' } }),
      NEVER,
    );
    const fault = await faultOf(missing);
    expect(fault).toMatchObject({ code: 'secret_missing', detail: { secret: 'NONE' } });
  });
});

describe('limits', () => {
  test('a server that ends its streams at once is not asked for them for ever', async () => {
    let opened = 0;
    const rpc = handMade((message, response) => {
      if (message.method === 'tools/list') return sendResult(response, message, plainTools('a'));
      if (message.method !== 'tools/call') return undefined;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return response.end('id: 1\nretry: 1\ndata:\n\n');
    });
    const server = await started((request, response) => {
      if (request.method !== 'GET') return rpc(request, response);
      opened += 1;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return response.end('id: 1\nretry: 1\ndata:\n\n');
    });
    const limits = { streams: 10 };
    const connection = await connectTo(`${server.origin}/mcp`, { limits });
    const fault = await faultOf(connection.call('a', {}, { signal: NEVER }));
    expect(fault.code).toMatch(/server_(?:limit|garbage)/);
    // The standing stream and that of the call come back by turns: the last of them may still be
    // on its way when the other is refused.
    await vi.waitFor(() => expect(opened).toBe(10), { timeout: 10_000 });
    await connection.close();
    expect(opened).toBe(10);
  });

  test.each([
    ['too many tools', plainTools(...Array.from({ length: 513 }, (_, index) => `t${index}`))],
    [
      'a description that is too long',
      { tools: [{ name: 'a', description: 'x'.repeat(66_000), inputSchema: { type: 'object' } }] },
    ],
    [
      'a schema nested too deep',
      { tools: [{ name: 'a', inputSchema: { type: 'object', default: nested(33) } }] },
    ],
    ['a list of many megabytes', { tools: [], nextCursor: 'x'.repeat(5_000_000) }],
  ])('%s is a visible fault', async (_what, result) => {
    const server = await listing(() => result);
    expect(await codeOf(server)).toBe('server_limit');
  });

  test('a schema that would overflow the stack is a visible fault', async () => {
    const deep = `${'{"properties":{"a":'.repeat(50_000)}1${'}}'.repeat(50_000)}`;
    const server = await started(
      handMade((message, response) => {
        const result = `{"tools":[{"name":"a","inputSchema":{"type":"object","x":${deep}}}]}`;
        response.writeHead(200, { 'content-type': 'application/json' });
        return response.end(`{"jsonrpc":"2.0","id":${message.id},"result":${result}}`);
      }),
    );
    expect(await codeOf(server)).toBe('server_limit');
  });

  test('512 tools and a schema of 32 levels are fine', async () => {
    const tools = plainTools(...Array.from({ length: 511 }, (_, index) => `t${index}`)).tools;
    const deep = { name: 'deep', inputSchema: { type: 'object', default: nested(30) } };
    const server = await listing(() => ({ tools: [...tools, deep] }));
    const connection = await connectTo(`${server.origin}/mcp`);
    expect(connection.tools).toHaveLength(512);
    await connection.close();
  });

  test('pages that lead back to each other end the list', async () => {
    const server = await listing(({ params }) => {
      const isOne = params?.['cursor'] === 'one';
      return { ...plainTools(isOne ? 'b' : 'a'), nextCursor: isOne ? 'two' : 'one' };
    });
    const connection = await connectTo(`${server.origin}/mcp`);
    expect(connection.tools.map(({ name }) => name)).toEqual(['a', 'b']);
    await connection.close();
  });

  test('a cursor that comes back with new tools is followed no further than the cap', async () => {
    let page = 0;
    const server = await listing(() => {
      page += 1;
      return { ...plainTools(`t${page}`), nextCursor: 'more' };
    });
    expect(await codeOf(server)).toBe('server_limit');
    expect(server.seen.length).toBeLessThan(70);
  });

  test('a page that points to itself ends the list', async () => {
    const server = await listing(() => ({ ...plainTools('a'), nextCursor: 'same' }));
    const connection = await connectTo(`${server.origin}/mcp`);
    expect(connection.tools.map(({ name }) => name)).toEqual(['a']);
    await connection.close();
  });

  test('pages are read to the last', async () => {
    const server = await listing(({ params }) => {
      const page = Number(params?.['cursor'] ?? 0);
      return { ...plainTools(`t${page}`), ...(page < 9 ? { nextCursor: String(page + 1) } : {}) };
    });
    const connection = await connectTo(`${server.origin}/mcp`);
    expect(connection.tools.map(({ name }) => name)).toHaveLength(10);
    await connection.close();
  });

  test.each(['application/json', 'text/event-stream'])(
    'a result of 20 MB as %s is a visible fault, and the connection lives on',
    async (type) => {
      const server = await started(
        handMade((message, response) => {
          if (message.method === 'tools/list')
            return sendResult(response, message, plainTools('a'));
          const text = 'x'.repeat(message.params?.['arguments'] === undefined ? 1 : 20_000_000);
          const answer = {
            jsonrpc: '2.0',
            id: message.id,
            result: { content: [{ type: 'text', text }] },
          };
          response.writeHead(200, { 'content-type': type });
          return response.end(
            type === 'application/json' ? JSON.stringify(answer) : `id: 1\n${event(answer)}`,
          );
        }),
      );
      const connection = await connectTo(`${server.origin}/mcp`);
      const first = await faultOf(connection.call('a', {}, { signal: NEVER }));
      expect(first.code).toBe('server_limit');
      const second = await faultOf(connection.call('a', {}, { signal: NEVER }));
      expect(second.code).toBe('server_limit');
      await connection.close();
    },
  );

  test('a pattern that would take a regular expression for ever costs nothing', async () => {
    const schema = { type: 'object', properties: { s: { type: 'string', pattern: '^(a+)+$' } } };
    const server = await started(
      handMade((message, response) => {
        const tool = { name: 'a', inputSchema: schema, outputSchema: schema };
        const structuredContent = { s: `${'a'.repeat(60)}!` };
        const result =
          message.method === 'tools/list' ? { tools: [tool] } : { content: [], structuredContent };
        return sendResult(response, message, result);
      }),
    );
    const connection = await connectTo(`${server.origin}/mcp`);
    const outcome = await connection.call('a', {}, { signal: NEVER });
    expect(outcome.isError).toBe(false);
    await connection.close();
  });
});

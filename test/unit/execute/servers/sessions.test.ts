import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { handMade, plainTools, sendResult, serve } from '../references/http-server.ts';
import { closedAfterEach, connectTo, faultOf, NEVER } from './connect.ts';
import { v1Http } from './peers.ts';

const kept = closedAfterEach();

/** A server of sessions; what it does with a request in one is up to `answer`. */
async function withSessions(forgets: (method: string | undefined, session: number) => boolean) {
  const calls: string[] = [];
  const ended: string[] = [];
  let sessions = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    const id = request.headers['mcp-session-id'];
    if (request.method === 'DELETE') {
      ended.push(String(id));
      return response.writeHead(204).end();
    }
    if (id === undefined && request.headers['mcp-method'] === undefined) {
      sessions += 1;
      response.setHeader('mcp-session-id', `s${sessions}`);
    }
    return handMade((message, out) => {
      if (message.id !== undefined && forgets(message.method, Number(String(id).slice(1)))) {
        return out.writeHead(404).end();
      }
      if (message.id === undefined) return undefined;
      if (message.method === 'tools/list') return sendResult(out, message, plainTools('a'));
      calls.push(String(id));
      return sendResult(out, message, { content: [{ type: 'text', text: String(id) }] });
    })(request, response);
  };
  const server = kept(await serve(answer));
  return Object.assign(server, { calls, ended, answer });
}

const call = (connection: Awaited<ReturnType<typeof connectTo>>) =>
  connection.call('a', {}, { signal: NEVER });

describe('a session that the server forgot', () => {
  test('is begun again in the middle of a run, and the call is made once', async () => {
    const server = await withSessions(
      (method, session) => method === 'tools/call' && session === 1,
    );
    const connection = kept(await connectTo(`${server.origin}/mcp`));
    expect((await call(connection)).parts).toEqual([{ type: 'text', text: 's2' }]);
    expect(server.calls).toEqual(['s2']);
  });

  test('is begun again once for all the calls that wait for it', async () => {
    const server = await withSessions(
      (method, session) => method === 'tools/call' && session === 1,
    );
    const connection = kept(await connectTo(`${server.origin}/mcp`));
    await Promise.all(Array.from({ length: 20 }, () => call(connection)));
    expect(server.calls).toEqual(Array.from({ length: 20 }, () => 's2'));
  });

  test('is begun again while the tools are listed', async () => {
    const server = await withSessions(
      (method, session) => method === 'tools/list' && session === 1,
    );
    const connection = kept(await connectTo(`${server.origin}/mcp`));
    expect(connection.tools).toHaveLength(1);
  });

  test.each(['tools/list', 'tools/call'])('a second time in %s is a fault', async (forgotten) => {
    const server = await withSessions((method) => method === forgotten);
    const connecting = connectTo(`${server.origin}/mcp`);
    const fault = await faultOf(connecting.then((connection) => call(kept(connection))));
    expect(fault).toMatchObject({ detail: { status: 404 } });
    expect(server.seen.filter(({ line }) => line.startsWith('POST')).length).toBeLessThan(10);
  });

  test('is not ended, but the one that came after it is', async () => {
    const server = await withSessions(
      (method, session) => method === 'tools/call' && session === 1,
    );
    const connection = await connectTo(`${server.origin}/mcp`);
    await call(connection);
    await connection.close();
    expect(server.ended).toEqual(['s2']);
  });

  test('is waited for no longer than its call', async () => {
    let handshakes = 0;
    const server = await withSessions((method, session) => {
      return method === 'tools/call' && session === 1;
    });
    const hanging = kept(
      await serve((request, response) => {
        const isHandshake =
          request.method === 'POST' &&
          request.headers['mcp-session-id'] === undefined &&
          request.headers['mcp-method'] === undefined;
        handshakes += isHandshake ? 1 : 0;
        // The second handshake gets no answer.
        return isHandshake && handshakes > 1 ? undefined : server.answer(request, response);
      }),
    );
    const connection = kept(await connectTo(`${hanging.origin}/mcp`));
    const abort = new AbortController();
    const calling = faultOf(connection.call('a', {}, { signal: abort.signal }));
    await expect.poll(() => handshakes).toBe(2);
    abort.abort();
    expect((await calling).code).toBe('cancelled');
  });

  test('of the v1 SDK is begun again', async () => {
    const server = kept(await v1Http());
    const connection = kept(await connectTo(`${server.origin}/mcp`));
    server.sessions.clear();
    const { parts } = await connection.call('echo', { text: 'x' }, { signal: NEVER });
    expect(parts).toEqual([{ type: 'text', text: 'x' }]);
    expect(server.sessions.size).toBe(1);
  });
});

import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { demoMcp } from '../../../../src/demo/demo-mcp.ts';
import type { ServerTokens } from '../../../../src/execute/ports.ts';
import type { Refusal } from '../../../../src/login/login.ts';
import { isObject } from '../../../../src/protocol/json.ts';
import { handMade, plainTools, sendResult, serve } from '../references/http-server.ts';
import { connectTo, faultOf, NEVER, serverAt } from './connect.ts';

const OLD = 'old-canary-token-0123456789';
const NEW = 'new-canary-token-9876543210';
const INSUFFICIENT = 'Bearer error="insufficient_scope", scope="files:write"';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing.close();
});

/** Logins as a person has them: a token that is known, and what comes after a refusal. */
function logins(known: string | null, next: string | null = null) {
  const refusals: Refusal[] = [];
  let current = known;
  const tokens: ServerTokens = {
    token: async () => current,
    refused: async (_server, refusal) => {
      refusals.push(refusal);
      current = next ?? current;
      return next;
    },
  };
  return { tokens, refusals };
}

/** Says for every request whether it is refused: a status and the challenge, or null. */
type Guard = (method: string, bearer: string | undefined) => readonly [number, string] | null;

/** A server that lets in only who its guard lets in, and repeats what it was sent. */
async function guarded(guard: Guard) {
  const calls: string[] = [];
  const rpc = handMade((message, response) => {
    if (message.method === 'tools/list') return sendResult(response, message, plainTools('a'));
    if (message.id === undefined) return undefined;
    calls.push(message.method ?? '');
    const text = `done for ${response.req.headers.authorization}`;
    return sendResult(response, message, { content: [{ type: 'text', text }] });
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    const method = (await peeked(request)) ?? request.method ?? '';
    const refusal = guard(method, request.headers.authorization?.replace('Bearer ', ''));
    if (refusal === null) return rpc(request, response);
    const [status, challenge] = refusal;
    return response.writeHead(status, { 'www-authenticate': challenge }).end(`no ${OLD} ${NEW}`);
  };
  const server = await serve(answer);
  open.push(server);
  return Object.assign(server, { calls });
}

/** The method of the JSON-RPC message, which stays to be read. */
async function peeked(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    chunks.push(Buffer.from(chunk));
  }
  const body = Buffer.concat(chunks);
  Object.assign(request, {
    [Symbol.asyncIterator]: async function* () {
      yield body;
    },
  });
  if (body.length === 0) return null;
  const message: unknown = JSON.parse(body.toString());
  return isObject(message) && typeof message['method'] === 'string' ? message['method'] : null;
}

async function connected(server: { origin: string }, tokens: ServerTokens) {
  const connection = await connectTo(`${server.origin}/mcp`, { tokens });
  open.push(connection);
  return connection;
}

describe('a server that is logged in to', () => {
  test('is sent the token in every request, and never shows it', async () => {
    const server = await guarded((_method, bearer) => (bearer === OLD ? null : [401, 'Bearer']));
    const { tokens, refusals } = logins(OLD);
    const connection = await connected(server, tokens);
    const { parts } = await connection.call('a', {}, { signal: NEVER });
    expect(parts).toEqual([{ type: 'text', text: 'done for Bearer [secret]' }]);
    expect(connection.usedLogin).toBe(true);
    expect(refusals).toEqual([]);
    expect(server.seen.every(({ headers }) => headers.authorization === `Bearer ${OLD}`)).toBe(
      true,
    );
  });

  test('that refuses the token while connecting is sent the next one', async () => {
    const challenge = 'Bearer resource_metadata="https://a.example/x"';
    const server = await guarded((_method, bearer) => (bearer === NEW ? null : [401, challenge]));
    const { tokens, refusals } = logins(OLD, NEW);
    const connection = await connected(server, tokens);
    expect(connection.tools).toHaveLength(1);
    expect(refusals).toEqual([{ status: 401, challenge, token: OLD }]);
  });

  test('that refuses a call for want of scope is sent the wider token, and the call is made once', async () => {
    const server = await guarded((method, bearer) =>
      method === 'tools/call' && bearer !== NEW ? [403, INSUFFICIENT] : null,
    );
    const { tokens, refusals } = logins(OLD, NEW);
    const connection = await connected(server, tokens);
    const { parts } = await connection.call('a', {}, { signal: NEVER });
    expect(parts).toEqual([{ type: 'text', text: 'done for Bearer [secret]' }]);
    expect(refusals).toEqual([{ status: 403, challenge: INSUFFICIENT, token: OLD }]);
    expect(server.calls).toEqual(['tools/call']);
  });

  test.each([
    ['no other token', null, [OLD]],
    ['a token that is refused too', NEW, [OLD, NEW]],
  ])('that refuses a call, where there is %s, wants a login', async (_what, next, refused) => {
    const server = await guarded((method) => (method === 'tools/call' ? [401, 'Bearer'] : null));
    const { tokens, refusals } = logins(OLD, next);
    const connection = await connected(server, tokens);
    const fault = await faultOf(connection.call('a', {}, { signal: NEVER }));
    expect(fault.toJSON()).toMatchObject({
      code: 'login_required',
      detail: { host: new URL(server.origin).host, can_login: true, status: 401 },
    });
    expect(
      refusals.map(({ token }) => token),
      'what each asked for is remembered',
    ).toEqual(refused);
    expect(server.calls).toEqual([]);
  });

  test('without a login yet wants one, and nothing is sent as a token', async () => {
    const server = await guarded(() => [401, 'Bearer']);
    const { tokens, refusals } = logins(null);
    const fault = await faultOf(connectTo(`${server.origin}/mcp`, { tokens }));
    expect(fault).toMatchObject({ code: 'login_required', detail: { can_login: true } });
    expect(fault.message, 'a server may take other tokens than those of a login').toContain(
      'authorization:',
    );
    expect(refusals).toEqual([{ status: 401, challenge: 'Bearer', token: null }]);
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test('that forbids for another reason than scope is a server that fails', async () => {
    const challenge = 'Bearer error="invalid_request", error_description="insufficient"';
    const server = await guarded(() => [403, challenge]);
    const { tokens, refusals } = logins(OLD, NEW);
    const fault = await faultOf(connectTo(`${server.origin}/mcp`, { tokens }));
    expect(fault).toMatchObject({ code: 'server_error', detail: { status: 403 } });
    expect(JSON.stringify(fault)).not.toContain('canary');
    expect(refusals).toEqual([]);
  });

  test('redirects to another origin without the token following', async () => {
    const other = await guarded(() => null);
    const server = await serve((_request, response) =>
      response.writeHead(307, { location: `${other.origin}/mcp` }).end(),
    );
    open.push(server);
    const fault = await faultOf(connectTo(`${server.origin}/mcp`, logins(OLD)));
    expect(fault.code).toBe('server_error');
    expect(other.seen).toEqual([]);
  });

  test('is sent no token that would begin a header of its own', async () => {
    const server = await guarded(() => null);
    const { tokens } = logins(`${OLD}\r\nx-other: 1`);
    const fault = await faultOf(connectTo(`${server.origin}/mcp`, { tokens }));
    expect(fault.code).toBe('login_unavailable');
    expect(server.seen).toEqual([]);
  });
});

test('a server in this process is never logged in to', async () => {
  const asked: string[] = [];
  const tokens: ServerTokens = {
    token: async ({ url }) => {
      asked.push(url);
      return OLD;
    },
    refused: async () => null,
  };
  const own = (_path: string, request: Request) => demoMcp(request);
  const connection = await connectTo('/demo/mcp', { own, tokens });
  open.push(connection);
  expect(connection.usedLogin).toBe(false);
  expect(asked).toEqual([]);
});

test('many calls that are refused at once each ask once for another token', async () => {
  const server = await guarded((method, bearer) =>
    method === 'tools/call' && bearer !== NEW ? [401, 'Bearer'] : null,
  );
  const { tokens, refusals } = logins(OLD, NEW);
  const connection = await connected(server, tokens);
  const calls = Array.from({ length: 20 }, () => connection.call('a', {}, { signal: NEVER }));
  await Promise.all(calls);
  expect(server.calls).toHaveLength(20);
  expect(refusals.length).toBeLessThanOrEqual(20);
  expect(new Set(refusals.map(({ token }) => token))).toEqual(new Set([OLD]));
});

test.each([
  { authorization: 'own-token-of-the-prompt' },
  { headers: { AUTHORIZATION: 'Bearer own-token-of-the-prompt' } },
])('a prompt that brings its own authorization, %j, is never logged in', async (own) => {
  const server = await guarded((_method, bearer) => (bearer === OLD ? null : [401, 'Bearer']));
  const { tokens, refusals } = logins(OLD);
  const fault = await faultOf(connectTo(serverAt(`${server.origin}/mcp`, own), { tokens }));
  expect(fault.code).toBe('login_required');
  expect(fault.detail).not.toHaveProperty('can_login');
  expect(refusals).toEqual([]);
  expect(server.seen[0]?.headers.authorization).toBe('Bearer own-token-of-the-prompt');
});

import { afterEach, describe, expect, test } from 'vitest';
import { tidyEvents } from '../../../../src/execute/servers/tidy-events.ts';
import { handMade, plainTools, serve, type TestServer } from '../references/http-server.ts';
import { connectTo, NEVER } from './connect.ts';

const open: TestServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

/** The pieces as one stream, tidied, as text. */
async function tidied(...pieces: (string | Uint8Array)[]): Promise<string> {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const piece of pieces) {
        controller.enqueue(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece);
      }
      controller.close();
    },
  });
  return await new Response(tidyEvents(body, () => {})).text();
}

/** A server that answers in streams, with lines that end in `end`, and an end for those of calls. */
async function answering(end: string, call: object, keepsOpen = false) {
  const server = await serve(
    handMade((message, response) => {
      const isCall = message.method === 'tools/call';
      const result = isCall ? call : { ...plainTools('a'), _meta: null };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`event: message${end}id: 1${end}`);
      response.write(
        `data: ${JSON.stringify({ jsonrpc: '2.0', id: message.id, result, error: null })}${end}${end}`,
      );
      if (!keepsOpen || !isCall) response.end();
    }),
  );
  open.push(server);
  return await connectTo(`${server.origin}/mcp`);
}

describe.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['CR', '\r'],
])('a stream with lines that end in %s', (_name, end) => {
  const call = { content: [{ type: 'text', text: 'fine' }], _meta: null };

  test('is read to its end, and a _meta and an error of null are nothing', async () => {
    const connection = await answering(end, call);
    const { parts } = await connection.call('a', {}, { signal: NEVER });
    expect(parts).toEqual([{ type: 'text', text: 'fine' }]);
    await connection.close();
  });

  test('is read before it ends', async () => {
    const connection = await answering(end, call, true);
    const { parts } = await connection.call('a', {}, { signal: NEVER });
    expect(parts).toEqual([{ type: 'text', text: 'fine' }]);
    await connection.close();
  });
});

describe('an event stream', () => {
  test('may be torn anywhere', async () => {
    const whole = new TextEncoder().encode('id: 7\r\nevent: e\r\ndata: ä\r\ndata: b\r\n\r\n');
    const bytes = Array.from(whole, (byte) => Uint8Array.of(byte));
    expect(await tidied(...bytes)).toBe('event: e\nid: 7\ndata: ä\ndata: b\n\n');
  });

  test('keeps when to come back, and an event without data that has an id', async () => {
    expect(await tidied('id: 1\nretry: 25\ndata:\n\n')).toBe('retry: 25\n\nid: 1\ndata: \n\n');
  });

  test('has no event that its end cut off', async () => {
    expect(await tidied('data: a\n\ndata: {"b":')).toBe('data: a\n\n');
  });

  test('keeps the null that is somebody’s data', async () => {
    const text = '{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"_meta":null}}}';
    expect(await tidied(`data: ${text}\n\n`)).toBe(`data: ${text}\n\n`);
    const quoted = '{"a":"\\"_meta\\": null"}';
    expect(await tidied(`data: ${quoted}\n\n`)).toBe(`data: ${quoted}\n\n`);
  });

  test('of what is no JSON stays as it is', async () => {
    expect(await tidied('data: {"_meta": null\n\n')).toBe('data: {"_meta": null\n\n');
  });
});

import { afterEach, describe, expect, test } from 'vitest';
import type { ToolProgressReport } from '../../../../src/execute/ports.ts';
import { SentSecrets } from '../../../../src/execute/servers/sent-secrets.ts';
import { Fault } from '../../../../src/fault/fault.ts';
import { event, handMade, sendResult, serve } from '../references/http-server.ts';
import { connectTo, NEVER, serverAt } from './connect.ts';

const TOKEN = 'canary+token/0123456789';
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing.close();
});

/** A server that repeats the bearer it was sent in everything that it says. */
async function echo() {
  const server = await serve((request, response) => {
    const said = `I was sent ${request.headers.authorization}`;
    return handMade((message, out) => {
      if (message.method === 'tools/list') {
        const inputSchema = { type: 'object', title: said };
        return sendResult(out, message, {
          tools: [{ name: 'say', description: said, inputSchema }],
        });
      }
      const text = `${said} or ${encodeURIComponent(TOKEN)}`;
      const content = [{ type: 'text', text }];
      return sendResult(out, message, { content, structuredContent: { [said]: [said] } });
    })(request, response);
  });
  open.push(server);
  return server;
}

describe('a secret that was sent to a tool server', () => {
  test('is taken out of whatever the server says of itself and in its results', async () => {
    const server = serverAt((await echo()).origin, { authorization: '${env:KEY}' });
    const connection = await connectTo(server, { secrets: () => TOKEN });
    open.push(connection);
    const outcome = await connection.call('say', {}, { signal: NEVER });
    const seen = JSON.stringify([connection, outcome]);
    expect(seen).not.toContain(TOKEN);
    expect(seen).not.toContain(encodeURIComponent(TOKEN));
    expect(outcome.parts).toEqual([
      { type: 'text', text: 'I was sent Bearer [secret] or [secret]' },
    ]);
    expect(outcome.structured).toEqual({
      'I was sent Bearer [secret]': ['I was sent Bearer [secret]'],
    });
    expect(connection.tools[0]).toMatchObject({
      name: 'say',
      description: 'I was sent Bearer [secret]',
      inputSchema: { title: 'I was sent Bearer [secret]' },
    });
  });

  test('is taken out of progress, whole even where it would have been cut', async () => {
    const server = await serve(
      handMade((message, response) => {
        if (message.method === 'tools/list') {
          return sendResult(response, message, {
            tools: [{ name: 'say', inputSchema: { type: 'object' } }],
          });
        }
        const progressToken = message.params?.['_meta']?.progressToken;
        const said = `${'x'.repeat(1010)} ${TOKEN}`;
        const params = { progressToken, progress: 1, message: said };
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(event({ jsonrpc: '2.0', method: 'notifications/progress', params }));
        const text = `${'x'.repeat(256 * 1024 - 10)} ${TOKEN}`;
        const result = { content: [{ type: 'text', text }] };
        return response.end(event({ jsonrpc: '2.0', id: message.id, result }));
      }),
    );
    open.push(server);
    const named = serverAt(server.origin, { authorization: '${env:KEY}' });
    const connection = await connectTo(named, { secrets: () => TOKEN });
    open.push(connection);
    const seen: ToolProgressReport[] = [];
    const onProgress = (report: ToolProgressReport) => void seen.push(report);
    const outcome = await connection.call('say', {}, { signal: NEVER, onProgress });
    expect(seen[0]?.message).toMatch(/x \[secret\]$/);
    expect(JSON.stringify(outcome)).not.toContain('canary');
  });

  test.each([
    ['as it is', (text: string) => text],
    ['percent-encoded', encodeURIComponent],
    ['as a form writes it', (text: string) => String(new URLSearchParams({ text }))],
    ['in a string of JSON', (text: string) => JSON.stringify(text)],
    ['in base64', (text: string) => btoa(text)],
    ['in base64 after one more byte', (text: string) => btoa(`:${text} and more`)],
    ['in base64 after two more bytes', (text: string) => btoa(`a:${text}`)],
    [
      'in base64 for addresses',
      (text: string) => btoa(text).replaceAll('+', '-').replaceAll('/', '_'),
    ],
  ])('is found %s', (_how, written) => {
    const secrets = new SentSecrets();
    const secret = 'can"ary+tok~en/0123456789>>>???';
    secrets.add(secret);
    const said = `before ${written(secret)} after`;
    expect(secrets.clean(said)).toMatch(/^before .{0,8}\[secret\].{0,20} after$/);
  });

  test('is taken out of a fault, with what caused it', () => {
    const secrets = new SentSecrets();
    secrets.add(TOKEN);
    const fault = secrets.cleanFault(
      new Fault('server_error', `no ${TOKEN}`, { detail: { said: TOKEN }, cause: TOKEN }),
    );
    expect(fault.toJSON()).toEqual({
      code: 'server_error',
      message: 'no [secret]',
      detail: { said: '[secret]' },
    });
    expect(fault.cause).toBeUndefined();
  });

  test('is left alone when it is so short that it stands in ordinary words', async () => {
    const server = serverAt((await echo()).origin, { authorization: '${env:KEY}' });
    const connection = await connectTo(server, { secrets: () => 'sent' });
    open.push(connection);
    expect(connection.tools[0]?.description).toBe('I was sent Bearer sent');
  });
});

import { afterEach, describe, expect, test } from 'vitest';
import type { ToolProgressReport } from '../../../../src/execute/ports.ts';
import { withoutSecrets } from '../../../../src/execute/servers/without-secrets.ts';
import { handMade, sendResult, serve } from '../references/http-server.ts';
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

  test('is taken out of progress, the name and the instructions', async () => {
    const seen: ToolProgressReport[] = [];
    const said = `token ${TOKEN}`;
    const connection = withoutSecrets(
      {
        protocolVersion: '1',
        name: said,
        instructions: said,
        tools: [],
        call: async (_tool, _args, { onProgress }) => {
          onProgress?.({ progress: 1, message: said });
          return { isError: true, parts: [{ type: 'text', text: said }] };
        },
        close: async () => {},
      },
      [TOKEN],
    );
    const onProgress = (report: ToolProgressReport) => void seen.push(report);
    await connection.call('any', {}, { signal: NEVER, onProgress });
    expect(seen).toEqual([{ progress: 1, message: 'token [secret]' }]);
    expect([connection.name, connection.instructions]).toEqual([
      'token [secret]',
      'token [secret]',
    ]);
  });

  test('is left alone when it is so short that it stands in ordinary words', async () => {
    const server = serverAt((await echo()).origin, { authorization: '${env:KEY}' });
    const connection = await connectTo(server, { secrets: () => 'sent' });
    open.push(connection);
    expect(connection.tools[0]?.description).toBe('I was sent Bearer sent');
  });
});

/** Prompts and models as tools: real clients of both SDKs call the running product. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { mcpClient, told, v1Client } from '../support/mcp-clients.ts';
import { modelPeer, type ModelPeer } from '../support/model-peer.ts';
import { httpPeer, type Peer } from '../support/peers.ts';
import { startProduct, type Product } from '../support/product.ts';

const DOCUMENT = `---
name: greet someone
description: Greets somebody by name.
input:
  who: {type: string, description: Whom}
  mood: {type: string, default: glad}
---

Greet {{who}}, {{mood}}.`;

/** A document whose tools are at an address that only who is trusted may reach. */
const localTools = () => `---\ntools: ${documents.origin}/mcp\n---\n\nHi`;

let product: Product;
let documents: Peer;
let url: string;
beforeAll(async () => {
  documents = await httpPeer((request, response) => {
    if (request.url === '/page.html')
      return response.setHeader('content-type', 'text/html').end('<p>');
    if (request.url === '/tools.md') return response.end(localTools());
    if (request.url !== '/prompt.md') return response.writeHead(404).end();
    return response.setHeader('content-type', 'text/markdown').end(DOCUMENT);
  });
  product = await startProduct({ EGRESS_ALLOW: documents.host });
  url = `${product.origin}/mcp`;
});
afterAll(async () => {
  await product.stop();
  await documents.stop();
});

describe.each(['modern', 'legacy'] as const)('a client of the %s era', (era) => {
  test('may write a slash at the end of the address', async () => {
    const client = await mcpClient(`${url}/`, { era });
    expect((await client.listTools()).tools).toHaveLength(5);
    await client.close();
  });

  test('finds five tools with schemas of what goes in and comes out', async () => {
    const client = await mcpClient(url, { era });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'chat_completion',
      'run_prompt',
      'get_run',
      'list_models',
      'list_connections',
    ]);
    for (const { inputSchema, outputSchema, annotations, description } of tools) {
      expect([inputSchema.type, outputSchema?.['type']]).toEqual(['object', 'object']);
      expect(annotations?.readOnlyHint).toBeTypeOf('boolean');
      expect(description).toBeTruthy();
    }
    await client.close();
  });

  test('asks a model: answer, addresses, links, and the run is there', async () => {
    const client = await mcpClient(url, { era });
    const call = { name: 'chat_completion', arguments: { prompt: 'Say hello' } };
    const { isError, text, run, links } = told(await client.callTool(call));
    expect(isError).toBe(false);
    expect(text).toContain('Hello!');
    expect(run).toMatchObject({ status: 'completed', answer: text, stop_reason: 'stop' });
    expect(run.usage.total_tokens).toBeGreaterThan(0);
    expect(links.map(({ uri }) => uri)).toEqual([run.urls.html, `${run.urls.html}.md`]);
    expect((await ask(run.urls.json)).text).toContain('Say hello');

    const again = told(
      await client.callTool({ name: 'get_run', arguments: { id: run.urls.html } }),
    );
    expect(again.run).toEqual(run);
    const whole = { name: 'get_run', arguments: { id: run.id, view: 'full' } };
    expect(told(await client.callTool(whole)).text).toContain('## Answer');
    await client.close();
  });

  test('runs a document with inputs and with tools of its own', async () => {
    const client = await mcpClient(url, { era });
    const call = { name: 'run_prompt', arguments: { prompt: DOCUMENT, input: { who: 'Ada' } } };
    expect(told(await client.callTool(call)).text).toContain('Greet Ada, glad.');
    const prompt = `---\ntools: ${product.origin}/demo/mcp\n---\n\nWhat is 6 * 7?`;
    const { run, text } = told(
      await client.callTool({ name: 'run_prompt', arguments: { prompt, view: 'full' } }),
    );
    expect(run.answer).toContain('42');
    expect(text).toContain('calculate');
    await client.close();
  });

  test('is told in the result what is wrong with a prompt, and that a run failed', async () => {
    const client = await mcpClient(url, { era });
    const wrong = { name: 'run_prompt', arguments: { prompt: '---\nmodel: nobody/x\n---\nHi' } };
    const refused = told(await client.callTool(wrong));
    expect(refused).toMatchObject({ isError: true, run: undefined });
    expect(refused.text).toMatch(/line 2, column \d+: .*\(unknown_/);
    const own = `---\ntools: ${url}\n---\n\nHi`;
    const failed = told(await client.callTool({ name: 'run_prompt', arguments: { prompt: own } }));
    expect(failed).toMatchObject({ isError: true, run: { status: 'failed' } });
    expect(failed.text).toMatch(/^Run failed: .*\(\w+\)$/m);
    const both = told(await client.callTool({ name: 'run_prompt', arguments: {} }));
    expect(both).toMatchObject({ isError: true, text: expect.stringContaining('"url"') as string });
    await client.close();
  });

  test('runs a document from an address', async () => {
    const client = await mcpClient(url, { era });
    const run = async (path: string) =>
      told(
        await client.callTool({
          name: 'run_prompt',
          arguments: { url: `${documents.origin}${path}`, input: { who: 'Bob' } },
        }),
      );
    expect((await run('/prompt.md')).text).toContain('Greet Bob, glad.');
    expect((await run('/none.md')).text).toBe('The address answered with 404. (reference_failed)');
    expect((await run('/page.html')).text).toContain('(unsupported_media_type)');
    const inside = { name: 'run_prompt', arguments: { url: 'http://127.0.0.1:1/prompt.md' } };
    expect(told(await client.callTool(inside)).text).toContain('(address_refused)');
    await client.close();
  });
});

describe('a run', () => {
  test('is the same one for the same key, and refused for the same key with another prompt', async () => {
    const client = await mcpClient(url);
    const call = async (prompt: string) =>
      told(
        await client.callTool({
          name: 'run_prompt',
          arguments: { prompt, idempotency_key: 'once', user: 'ada' },
        }),
      );
    const [first, again] = await Promise.all([call('Say hello'), call('Say hello')]);
    expect([first.run.status, again.run.id]).toEqual(['completed', first.run.id]);
    const other = await call('Say goodbye');
    expect(other).toMatchObject({ isError: true });
    expect(other.text).toContain('(idempotency_mismatch)');
    await client.close();
  });

  test.each(['modern', 'legacy'] as const)(
    'says how far it is to a client of the %s era that asks for it, and to no other',
    async (era) => {
      const said = async (meta: object): Promise<readonly { progressToken: unknown }[]> => {
        const name = { name: 'chat_completion', arguments: { prompt: 'Say hello' } };
        const modern = {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
          'io.modelcontextprotocol/clientCapabilities': {},
        };
        const told = era === 'modern' ? { ...modern, ...meta } : meta;
        const { status, text } = await ask(url, {
          headers: {
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            ...(era === 'modern'
              ? {
                  'mcp-protocol-version': '2026-07-28',
                  'mcp-method': 'tools/call',
                  'mcp-name': name.name,
                }
              : { 'mcp-protocol-version': '2025-11-25' }),
          },
          body: JSON.stringify({
            jsonrpc: '2.0',
            id: 1,
            method: 'tools/call',
            params: { ...name, _meta: told },
          }),
        });
        expect([status, text]).toEqual([200, expect.stringContaining('Hello!')]);
        return text
          .split('\n')
          .filter((line) => line.startsWith('data: ') && line.includes('notifications/progress'))
          .map(
            (line) => (JSON.parse(line.slice(6)) as { params: { progressToken: unknown } }).params,
          );
      };
      expect(await said({})).toEqual([]);
      const told = await said({ progressToken: 'how-far' });
      expect(told.length).toBeGreaterThan(1);
      expect(new Set(told.map(({ progressToken }) => progressToken))).toEqual(new Set(['how-far']));
    },
  );
});

describe('the lists', () => {
  test('name the models and the logins', async () => {
    const client = await mcpClient(url);
    const models = await client.callTool({ name: 'list_models', arguments: {} });
    expect(models.structuredContent).toMatchObject({ models: [{ id: 'demo/demo' }] });
    const logins = await client.callTool({ name: 'list_connections', arguments: {} });
    expect(logins.structuredContent).toEqual({ connections: [] });
    await client.close();
  });
});

describe('a prompt as a tool of its own', () => {
  test('has the name, the description and the inputs of its document', async () => {
    const { text } = await ask(`${product.origin}/?input=%7B%22who%22%3A%22Eve%22%7D`, {
      body: JSON.stringify({ prompt: DOCUMENT, input: { who: 'Eve' } }),
      headers: { 'content-type': 'application/json' },
    });
    const { id } = JSON.parse(text) as { id: string };
    const client = await mcpClient(`${url}/${id}`);
    const { tools } = await client.listTools();
    expect(tools).toHaveLength(1);
    expect(tools[0]).toMatchObject({
      name: 'greet_someone',
      description: 'Greets somebody by name.',
      inputSchema: {
        type: 'object',
        properties: { who: { type: 'string', description: 'Whom' } },
        required: ['who'],
      },
    });
    const call = { name: 'greet_someone', arguments: { who: 'Zoe' } };
    expect(told(await client.callTool(call)).text).toContain('Greet Zoe, glad.');
    const missing = told(await client.callTool({ name: 'greet_someone', arguments: {} }));
    expect(missing).toMatchObject({ isError: true });
    expect(missing.text).toContain('missing_input');
    await client.close();
    expect((await ask(`${url}/${'a'.repeat(32)}`, { method: 'POST', body: '{}' })).status).toBe(
      404,
    );
  });
});

describe('a document of somebody else', () => {
  const codeOf = (result: unknown) => told(result).run.error?.code;

  test('reaches nothing of its reader, also not as a tool made of the run', async () => {
    const client = await mcpClient(url);
    const call = (args: Record<string, string>) =>
      client.callTool({ name: 'run_prompt', arguments: args });
    expect(codeOf(await call({ prompt: localTools() }))).not.toBe('address_refused');
    const foreign = await call({ url: `${documents.origin}/tools.md` });
    expect(codeOf(foreign)).toBe('address_refused');
    const tool = await mcpClient(`${url}/${told(foreign).run.id}`);
    expect(codeOf(await tool.callTool({ name: 'prompt', arguments: {} }))).toBe('address_refused');
    await Promise.all([client.close(), tool.close()]);
  });
});

describe('programs of others', () => {
  test('the v1 SDK lists, calls and sees progress that only grows', async () => {
    const client = await v1Client(url);
    const seen: number[] = [];
    const result = await client.callTool(
      { name: 'chat_completion', arguments: { prompt: 'Say hello' } },
      undefined,
      { onprogress: ({ progress }) => seen.push(progress) },
    );
    expect(told(result).text).toContain('Hello!');
    expect(seen.length).toBeGreaterThan(1);
    expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
    await client.close();
  });

  test('the Inspector calls a tool from a command line', () => {
    const require = createRequire(import.meta.url);
    const entry = require
      .resolve('@modelcontextprotocol/inspector/package.json')
      .replace('package.json', 'clients/launcher/build/index.js');
    const args = ['--cli', url, '--transport', 'http', '--method', 'tools/call'];
    const tool = ['--tool-name', 'chat_completion', '--tool-arg', 'prompt=Say hello'];
    const { stdout } = spawnSync(process.execPath, [entry, ...args, ...tool], { encoding: 'utf8' });
    expect(stdout).toContain('Hello!');
    expect(stdout).toContain('"status": "completed"');
  });
});

describe('cancelling', () => {
  let model: ModelPeer;
  let slow: Product;
  beforeAll(async () => {
    model = await modelPeer();
    slow = await startProduct({ OPENAI_BASE_URL: model.baseUrl, DEFAULT_MODEL: 'slow' });
  });
  afterAll(async () => {
    await slow.stop();
    await model.stop();
  });

  test.each(['modern', 'legacy'] as const)('a call of the %s era stops its model', async (era) => {
    const client = await mcpClient(`${slow.origin}/mcp`, { era });
    const abort = new AbortController();
    const seen: string[] = [];
    const begun = Promise.withResolvers<void>();
    const calling = client
      .callTool(
        { name: 'chat_completion', arguments: { prompt: 'Go on for ever' } },
        {
          signal: abort.signal,
          onprogress: ({ message = '' }) => {
            seen.push(message);
            if (/tokens/.test(message)) begun.resolve();
          },
        },
      )
      .catch(() => 'cancelled');
    const asked = await model.next();
    asked.says('and on and on');
    await begun.promise;
    abort.abort();
    await asked.closed;
    expect(await calling).toBe('cancelled');
    const status = async () => {
      const { text } = await ask(`${slow.origin}/runs`);
      return (JSON.parse(text) as { data: { status: string }[] }).data[0]?.status;
    };
    await expect.poll(status).toBe('cancelled');
    expect(seen).toContain('Asking slow.');
    await client.close();
  });

  test('a call of the v1 SDK stops its model', async () => {
    const client = await v1Client(`${slow.origin}/mcp`);
    const abort = new AbortController();
    const begun = Promise.withResolvers<void>();
    const calling = client
      .callTool({ name: 'chat_completion', arguments: { prompt: 'Go on for ever' } }, undefined, {
        signal: abort.signal,
        onprogress: ({ message = '' }) => {
          if (/tokens/.test(message)) begun.resolve();
        },
      })
      .catch(() => 'cancelled');
    const asked = await model.next();
    asked.says('and on and on');
    await begun.promise;
    abort.abort();
    await asked.closed;
    expect(await calling).toBe('cancelled');
    await client.close();
  });

  test('a session whose connection breaks leaves its run going on', async () => {
    const client = await mcpClient(`${slow.origin}/mcp`, { era: 'legacy' });
    void client
      .callTool({ name: 'chat_completion', arguments: { prompt: 'Go on' } })
      .catch(() => null);
    const asked = await model.next();
    // Closing the transport breaks the stream and says nothing to the server.
    await client.transport?.close();
    asked.says('I went on.');
    asked.stops();
    const reader = await mcpClient(`${slow.origin}/mcp`);
    const { text } = await ask(`${slow.origin}/runs`);
    const { data } = JSON.parse(text) as { data: { id: string }[] };
    const call = { name: 'get_run', arguments: { id: data[0]?.id ?? '' } };
    await expect.poll(async () => told(await reader.callTool(call)).text).toBe('I went on.');
    await reader.close();
  });
});

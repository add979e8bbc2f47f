import { describe, expect, it } from 'vitest';
import { readChatRequest, type ChatContext } from '../../../src/completions/chat-request.ts';
import type { ChatRequest } from '../../../src/completions/chat-request.ts';
import type { JsonObject } from '../../../src/protocol/json.ts';

const context: ChatContext = {
  providers: [{ id: 'openai', defaultModel: 'gpt-5' }],
  ownOrigins: ['https://prompts.example'],
  takesDocuments: true,
};

const user = { role: 'user', content: 'Name a sea.' };

function read(content: string, more: JsonObject = {}, change: Partial<ChatContext> = {}) {
  const messages = [{ role: 'system', content }, user];
  const chat = readChatRequest({ messages, ...more }, { ...context, ...change });
  if ('message' in chat) throw new Error(chat.message);
  return chat;
}

const said = ({ request }: ChatRequest) =>
  request.messages.map(({ role, content }) => [role, content]);

describe('a prompt document as the system message', () => {
  it('limits what the model may cost that the door chose, and knows its price', () => {
    const price = { input: 1, cached_input: 1, output: 2 };
    const chosen = { provider: 'api.openai.com', model: 'gpt-5' };
    const asked = { messages: [user], max_cost: 0.5 };
    const chat = readChatRequest(asked, { ...context, model: chosen, priceOf: () => price });
    expect(chat).toMatchObject({
      request: { models: [{ ...chosen, price }], limits: { max_cost: 0.5 } },
      problems: [],
    });
    const unpriced = readChatRequest(asked, { ...context, model: chosen, priceOf: () => null });
    expect(unpriced).toMatchObject({ problems: [{ code: 'unpriced_model' }] });
  });

  it('has no more tool servers than a run may have, together with those of the conversation', () => {
    const urls = (host: string) =>
      Array.from({ length: 20 }, (_, index) => `https://${host}${index}.example/mcp`);
    const system = `---\ntools:\n${urls('a')
      .map((url) => `  - ${url}\n`)
      .join('')}---\nHi.`;
    const messages = [
      { role: 'system', content: system },
      { role: 'user', content: `Ask them. ${urls('b').join(' ')}` },
    ];
    const body = { messages, tools: [{ type: 'url_context' }] };
    expect(readChatRequest(body, context)).toMatchObject({
      message: 'A run has at most 32 tool servers; this prompt names 40.',
    });
  });

  it('gives its body, with the defaults of its inputs, as what the system says', () => {
    const document =
      '---\ninput:\n  schema: { tone: string }\n  default: { tone: dry }\n---\nBe {{tone}}.';
    expect(said(read(document))).toEqual([
      ['system', 'Be dry.'],
      ['user', 'Name a sea.'],
    ]);
  });

  it('puts its setting system before its body', () => {
    const [first] = said(read('---\nsystem: You are a guide.\n---\nBe brief.'));
    expect(first).toEqual(['system', 'You are a guide.\n\nBe brief.']);
  });

  it('says nothing where it has settings alone', () => {
    const chat = read('---\nmax_steps: 3\n---');
    expect(said(chat)).toEqual([['user', 'Name a sea.']]);
    expect(chat.request.limits.max_steps).toBe(3);
  });

  it('yields to the settings of the request, one by one', () => {
    const document = '---\nmodel: openai/a\nmax_steps: 3\ntimeout: 7\non_auth: fail\n---\nHi.';
    const chat = read(document, { model: 'openai/b', timeout: 9 });
    expect(chat.request).toMatchObject({
      models: [{ provider: 'openai', model: 'b' }],
      limits: { max_steps: 3, timeout: 9 },
    });
    expect(chat.failsOnAuth).toBe(true);
    expect(read(document, { on_auth: 'wait' }).request.on_auth).toBe('wait');
    expect(read('---\nname: x\n---\nHi.').request.on_auth, 'nobody said wait').toBe('link');
  });

  it('keeps its tool servers beside functions, and not beside servers, of the request', () => {
    const document = '---\ntools: https://a.example/mcp\n---\nHi.';
    const labels = (tools: JsonObject[]) =>
      read(document, { tools }).request.servers.map(({ url }) => url);
    const pay = { type: 'function', function: { name: 'pay' } };
    expect(labels([pay])).toEqual(['https://a.example/mcp']);
    expect(labels([{ type: 'mcp', server_url: 'https://b.example/mcp' }])).toEqual([
      'https://b.example/mcp',
    ]);
  });

  it('gives every server a name of its own where url_context finds more', () => {
    const messages = [
      { role: 'developer', content: '---\ntools: https://a.example/mcp\n---\nHi.' },
      { role: 'user', content: 'Use this:\nhttps://a.example/other/mcp\nhttps://a.example/mcp' },
    ];
    const chat = readChatRequest({ messages, tools: [{ type: 'url_context' }] }, context);
    if ('message' in chat) throw new Error(chat.message);
    const { servers } = chat.request;
    expect(servers.map(({ url }) => url)).toEqual([
      'https://a.example/mcp',
      'https://a.example/other/mcp',
    ]);
    expect(new Set(servers.map(({ label }) => label)).size).toBe(2);
    expect(chat.request.messages[0]).toEqual({ role: 'developer', content: 'Hi.' });
  });

  it('is text to doors that take none, and where no setting follows', () => {
    const document = '---\nmodel: openai/a\n---\nHi.';
    expect(said(read(document, {}, { takesDocuments: false }))[0]).toEqual(['system', document]);
    expect(said(read('---\n\nHi.'))[0]).toEqual(['system', '---\n\nHi.']);
    expect(said(read('Hi.\n---\nmodel: x\n---'))[0]?.[1]).toContain('model: x');
  });

  it.each(['---\nmodel: openai/a\nHi.', '---\nmax_steps: [\n---\nHi.', '---\nttl: soon\n---\nHi.'])(
    'is refused with its problems: %j',
    (content) => {
      const chat = readChatRequest({ messages: [{ role: 'system', content }, user] }, context);
      expect(chat).toMatchObject({ problems: [{ severity: 'error', at: {} }] });
    },
  );
});

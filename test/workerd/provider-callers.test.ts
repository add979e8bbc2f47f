/** Callers who are known by nothing but a key of a provider: the name can be made up, so nothing is theirs. */
import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { readChatRequest } from '../../src/completions/chat-request.ts';
import { hostedCaller } from '../../src/worker/chat/chat-caller.ts';
import type { ChatAsked } from '../../src/worker/chat/chat-caller.ts';
import { chatPorts } from '../../src/worker/chat/chat-ports.ts';
import type { Env } from '../../src/worker/env.ts';
import { readSettings } from '../../src/worker/settings.ts';

const HOST = 'api.openai.com';

function asking(key: string): ChatAsked {
  const { settings } = readSettings({
    ID_KEY: 'i'.repeat(32),
    VAULT_KEY: 'v'.repeat(32),
    PUBLIC_URL: 'https://prompts.example',
  });
  if (settings === null) throw new Error('misconfigured');
  const headers = { authorization: `Bearer ${key}` };
  const request = new Request(`https://prompts.example/${HOST}/v1/chat/completions`, { headers });
  const bindings = {
    ...(env as unknown as Env),
    ID_KEY: 'i'.repeat(32),
    VAULT_KEY: 'v'.repeat(32),
  };
  return { env: bindings, settings, request, waitUntil: () => {} };
}

function chat() {
  const messages = [{ role: 'user', content: 'Hi' }];
  const tools = [{ type: 'mcp', server_url: 'https://tools.example/mcp' }];
  const read = readChatRequest(
    { model: 'm', messages, tools },
    {
      providers: [{ id: HOST, defaultModel: 'm' }],
      model: { provider: HOST, model: 'm' },
      mcpAuthorization: null,
      ownOrigins: [],
      operatorServers: [],
    },
  );
  if ('message' in read) throw new Error(read.message);
  return read;
}

describe('who sends a key of a provider, off loopback', () => {
  it('has a name that is made from key and host, and is nobody of this server', async () => {
    const one = await hostedCaller(asking('sk-one'), HOST);
    expect(one).toMatchObject({ isTrusted: false, canOwn: false });
    expect(one.principal).toMatch(/^provider:[0-9A-Za-z]{43}$/);
    expect((await hostedCaller(asking('sk-one'), HOST)).principal).toBe(one.principal);
    expect((await hostedCaller(asking('sk-two'), HOST)).principal).not.toBe(one.principal);
    expect((await hostedCaller(asking('sk-one'), 'api.groq.com')).principal).not.toBe(
      one.principal,
    );
  });

  it('is never asked to log in to a tool server: the link could be sent to somebody else', async () => {
    const asked = asking('sk-one');
    const caller = await hostedCaller(asked, HOST);
    expect(chatPorts(asked, caller, chat()).logins).toBeUndefined();
    expect(chatPorts(asked, { ...caller, canOwn: true }, chat()).logins).toBeDefined();
  });
});

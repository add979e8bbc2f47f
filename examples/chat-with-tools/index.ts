import { chatCompletionsProxy, mcp, MCPProviders } from 'markdownops/proxy';
import OpenAI from 'openai';

// The Durable Object in which the logins of your users are kept.
export { MCPProviders };

type Setting = 'VAULT_KEY' | 'OPENAI_API_KEY' | 'OPENAI_BASE_URL' | 'TOOL_SERVER' | 'ALLOW_LOCAL';

export default {
  async fetch(request, env): Promise<Response> {
    // Your own sign-in belongs here. Never take the user from what anybody can write.
    const user = /(?:^|; )session=(\w+)/.exec(request.headers.get('cookie') ?? '')?.[1] ?? null;
    const { fetchProxy, idpMiddleware } = chatCompletionsProxy(env, {
      baseUrl: new URL(request.url).origin,
      userId: user ?? 'nobody',
      clientInfo: { name: 'Chat with tools', version: '1.0.0' },
      verifyUser: () => user,
      onAuth: 'wait',
      allowLocal: env.ALLOW_LOCAL?.split(',') ?? [],
    });
    const page = await idpMiddleware(request);
    if (page !== null) return page;
    if (user === null) return new Response('Sign in first.', { status: 401 });
    const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseURL } = env;
    const client = new OpenAI({ fetch: fetchProxy, apiKey, baseURL });
    const stream = await client.chat.completions.create({
      model: 'gpt-5-mini',
      messages: [{ role: 'user', content: await request.text() }],
      tools: [mcp({ server_url: env.TOOL_SERVER ?? '' })],
      stream: true,
    });
    return new Response(stream.toReadableStream());
  },
} satisfies ExportedHandler<Partial<Record<Setting, string>>>;

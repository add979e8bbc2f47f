/** What tests of the library share: a scripted model, and a tool server behind a login. */
import {
  authorizationServer,
  protectedServer,
  type AuthorizationServer,
  type ProtectedServer,
} from './authorization-server.ts';
import { calls, chatServer, counted, says, type ChatServer } from './chat-server.ts';
import { demoTools } from './login-product.ts';

/** A model that calculates once, with tools that want a login. */
export interface LibraryWorld extends AsyncDisposable {
  readonly auth: AuthorizationServer;
  readonly tools: ProtectedServer;
  readonly chat: ChatServer;
  /** `host:port` of everything that a login or a tool call reaches. */
  readonly allowLocal: readonly string[];
}

export async function libraryWorld(): Promise<LibraryWorld> {
  const auth = await authorizationServer();
  const tools = await protectedServer(auth, {}, demoTools);
  const chat = await chatServer((response, asked) => {
    const hasResult = asked.body.messages.some(({ role }) => role === 'tool');
    const hasTools = (asked.body.tools?.length ?? 0) > 0;
    const call = calls('calculate', { expression: '17 * 23' });
    counted(hasResult || !hasTools ? says('It is ', '391.') : call)(response, asked);
  });
  return {
    auth,
    tools,
    chat,
    allowLocal: [auth.host, tools.host],
    [Symbol.asyncDispose]: async () => {
      await Promise.all([chat, tools, auth].map((each) => each[Symbol.asyncDispose]()));
    },
  };
}

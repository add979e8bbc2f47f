/** The demo tools behind a login, and a person who logs in with a browser. */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { demoMcp } from '../../src/demo/demo-mcp.ts';
import {
  authorizationServer,
  protectedServer,
  type AuthorizationServer,
  type Behaviour,
  type ProtectedServer,
} from './authorization-server.ts';

/** A tool server that wants a login, and where one logs in. */
export interface LoginPeer extends AsyncDisposable {
  readonly login: AuthorizationServer;
  readonly tools: ProtectedServer;
  /** Both, as `EGRESS_ALLOW` takes them. */
  readonly allow: string;
}

/** Starts both on loopback; a token needs the scope `tools.read`. */
export async function loginPeer(wishes: Partial<Behaviour> = {}): Promise<LoginPeer> {
  const login = await authorizationServer(wishes);
  const guard = { asksFor: 'tools.read', scopes: { '*': 'tools.read' } };
  const tools = await protectedServer(login, guard, demoTools);
  return {
    login,
    tools,
    allow: `${login.host},${tools.host}`,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([login[Symbol.asyncDispose](), tools[Symbol.asyncDispose]()]);
    },
  };
}

/** Answers with the demo tools. */
export async function demoTools(
  { method = 'GET', headers }: IncomingMessage,
  response: ServerResponse,
  body: string,
): Promise<void> {
  const sent = Object.entries(headers).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  const init = { method, headers: sent, ...(body === '' ? {} : { body }) };
  const answer = await demoMcp(new Request('http://tools.example/mcp', init));
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(await answer.text());
}

/** The last page that a browser saw. */
export interface Page {
  readonly status: number;
  readonly text: string;
}

/**
 * Does what a person with a browser does: opens the link, presses the button, is asked by the
 * authorization server and comes back.
 */
export async function browse(link: string): Promise<Page> {
  await (await fetch(link)).text();
  const { origin } = new URL(link);
  const pressed = await fetch(link, { method: 'POST', redirect: 'manual', headers: { origin } });
  const away = pressed.headers.get('location');
  if (away === null) return pageOf(pressed);
  const cookie = (pressed.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
  const asked = await fetch(away, { redirect: 'manual' });
  return pageOf(await fetch(asked.headers.get('location') ?? '', { headers: { cookie } }));
}

async function pageOf(response: Response): Promise<Page> {
  return { status: response.status, text: await response.text() };
}

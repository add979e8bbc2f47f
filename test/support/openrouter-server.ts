/** A server of our own that does what OpenRouter does for signing in: PKCE, keys, models, answers. */
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { httpPeer } from './peers.ts';

/** How it behaves; everything may be changed while it runs. */
export interface OpenRouterBehaviour {
  /** Who looks at its page. */
  user: string;
  /** Whether the answer with a key says whose it is. */
  saysUser: boolean;
  /** The status of the key endpoint instead of a key. */
  refuses: number | null;
}

/** An OpenRouter that approves everybody at once. */
export interface OpenRouterServer extends AsyncDisposable {
  readonly origin: string;
  readonly behaviour: OpenRouterBehaviour;
  /** Every key and code it ever gave out. */
  readonly secrets: readonly string[];
  /** The keys that paid for an answer, in order. */
  readonly paid: readonly string[];
  /** Requests so far, as `METHOD path`. */
  readonly asked: readonly string[];
  /** Plays the browser: opens the address and gives back the path and query it is sent to. */
  visit(url: string): Promise<string>;
  /** From now on no key works. */
  revokeAll(): void;
}

const ANSWER = [
  { choices: [{ index: 0, delta: { role: 'assistant', content: 'It is 391.' } }] },
  { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
];

/** Starts such a server. */
export async function openRouterServer(): Promise<OpenRouterServer> {
  const behaviour: OpenRouterBehaviour = { user: 'user_ann', saysUser: true, refuses: null };
  const codes = new Map<string, { readonly challenge: string; readonly user: string }>();
  const keys = new Map<string, string>();
  const secrets: string[] = [];
  const paid: string[] = [];
  const asked: string[] = [];
  const secret = (kind: string): string => {
    const made = `${kind}-${randomBytes(16).toString('hex')}`;
    secrets.push(made);
    return made;
  };

  const peer = await httpPeer((request, response, body) => {
    const url = new URL(request.url ?? '/', peer.origin);
    asked.push(`${request.method} ${url.pathname}`);
    const routes: Readonly<Record<string, () => void>> = {
      '/auth': () => authorize(response, url.searchParams),
      '/api/v1/auth/keys': () => exchange(response, body),
      '/api/v1/key': () => describeKey(request, response),
      '/api/v1/models': () => models(request, response),
      '/api/v1/chat/completions': () => answer(request, response),
    };
    const route = routes[url.pathname];
    if (route === undefined) json(response, 404, { error: { message: 'not found' } });
    else route();
  });

  function authorize(response: ServerResponse, query: URLSearchParams): void {
    const back = new URL(query.get('callback_url') ?? '');
    if (query.get('code_challenge_method') !== 'S256') return json(response, 400, {});
    const code = secret('code');
    codes.set(code, { challenge: query.get('code_challenge') ?? '', user: behaviour.user });
    back.searchParams.set('code', code);
    response.writeHead(302, { location: back.href }).end();
  }

  function exchange(response: ServerResponse, body: string): void {
    if (behaviour.refuses !== null) return json(response, behaviour.refuses, { error: {} });
    const { code = '', code_verifier = '' } = JSON.parse(body) as Record<string, string>;
    const given = codes.get(code);
    codes.delete(code);
    const proof = createHash('sha256').update(code_verifier).digest('base64url');
    if (given?.challenge !== proof)
      return json(response, 403, { error: { message: 'Invalid code' } });
    const key = secret('sk-or-v1');
    keys.set(key, given.user);
    return json(response, 200, { key, ...(behaviour.saysUser ? { user_id: given.user } : {}) });
  }

  function describeKey(request: IncomingMessage, response: ServerResponse): void {
    const user = keys.get(keyOf(request));
    if (user === undefined) return json(response, 401, { error: { message: 'No auth' } });
    return json(response, 200, { data: { label: 'sk-or-v1-…', creator_user_id: user } });
  }

  function models(request: IncomingMessage, response: ServerResponse): void {
    if (!keys.has(keyOf(request))) return json(response, 401, {});
    const data = ['anthropic/claude-sonnet-4.5', 'openai/gpt-5-mini'].map((id) => ({
      id,
      created: 1,
    }));
    return json(response, 200, { data });
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const key = keyOf(request);
    if (!keys.has(key)) {
      return json(response, 401, { error: { message: `User not found: ${key}`, code: 401 } });
    }
    paid.push(key);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const chunk of ANSWER) response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    response.end('data: [DONE]\n\n');
  }

  return {
    origin: peer.origin,
    behaviour,
    secrets,
    paid,
    asked,
    visit: async (url) => {
      const sent = await fetch(url, { redirect: 'manual' });
      const { pathname, search } = new URL(sent.headers.get('location') ?? '');
      return pathname + search;
    },
    revokeAll: () => keys.clear(),
    [Symbol.asyncDispose]: () => peer.stop(),
  };
}

function keyOf({ headers }: IncomingMessage): string {
  return /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

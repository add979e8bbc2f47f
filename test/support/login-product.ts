/** What tests of logging in on the running product share: a tool server that wants it, a browser. */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { demoMcp } from '../../src/demo/demo-mcp.ts';
import { ask, type Answer, type Ask } from './ask.ts';

/** Serves the tools of the demo server, to be put behind a login. */
export async function demoTools(
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
): Promise<void> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === 'string') headers.set(name, value);
  }
  const { method = 'GET', url = '/' } = request;
  const init = { method, headers, ...(body === '' ? {} : { body }) };
  const answer = await demoMcp(new Request(`http://tools.invalid${url}`, init));
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
}

/** A browser as far as it matters here: it keeps cookies by path and asks for pages. */
export class Browser {
  readonly #origin: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #cookies = new Map<string, { readonly path: string; readonly value: string }>();

  constructor(origin: string, headers: Readonly<Record<string, string>> = {}) {
    this.#origin = origin;
    this.#headers = headers;
  }

  /** Follows a link, or an address that somebody typed. */
  open(path: string): Promise<Answer> {
    return this.send(path, { headers: { 'sec-fetch-site': 'none' } });
  }

  /** Presses the button of a form of ours. */
  submit(path: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send(path, {
      body: new URLSearchParams(fields).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
      },
    });
  }

  /** Any request, with the cookies that belong to it. */
  async send(path: string, { headers, ...rest }: Ask = {}): Promise<Answer> {
    const cookie = [...this.#cookies]
      .filter(([, each]) => isUnder(new URL(path, this.#origin).pathname, each.path))
      .map(([key, { value }]) => `${key.split(' ')[0]}=${value}`)
      .join('; ');
    const answer = await ask(this.#origin + path, {
      ...rest,
      headers: {
        accept: 'text/html',
        ...this.#headers,
        ...(cookie === '' ? {} : { cookie }),
        ...headers,
      },
    });
    for (const line of answer.headers['set-cookie'] ?? []) this.#keep(line);
    return answer;
  }

  /** The cookies as they are kept, for tests that steal them. */
  get cookies(): readonly string[] {
    return [...this.#cookies].map(([key, { value }]) => `${key.split(' ')[0]}=${value}`);
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const [name = '', ...value] = pair.split('=');
    const path = attributes.find((each) => each.startsWith('Path='))?.slice(5) ?? '/';
    const key = `${name} ${path}`;
    if (attributes.includes('Max-Age=0')) this.#cookies.delete(key);
    else this.#cookies.set(key, { path, value: value.join('=') });
  }
}

/** @see RFC 6265 section 5.1.4 */
function isUnder(path: string, cookiePath: string): boolean {
  const folder = cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`;
  return path === cookiePath || path.startsWith(folder);
}

import { listenForBrowser } from './browser-listener.ts';
import { timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, type Server } from 'node:http';

import { Fault } from '../fault/fault.ts';
import { saying, sendReply, type Reply } from './loopback-page.ts';

/**
 * A port of loopback to which a browser brings one code, for as long as this process wants it.
 * @see RFC 8252 section 7.3
 */
export class CodeListener {
  readonly port: number;
  /** The code; rejects when the listener is closed before it came. */
  readonly code: Promise<string>;
  readonly #server: Server;
  readonly #state: string;
  #came: (code: string) => void = () => {};
  #closed: (reason: Error) => void = () => {};

  private constructor(server: Server, port: number, state: string) {
    this.#server = server;
    this.port = port;
    this.#state = state;
    this.code = new Promise((resolve, reject) => {
      this.#came = resolve;
      this.#closed = reject;
    });
    // Whoever waits for it may come later.
    this.code.catch(() => undefined);
    server.on('request', (request, response) => {
      const reply = this.#answer(request);
      if (reply.sent !== undefined) response.once('close', reply.sent);
      sendReply(response, reply);
    });
  }

  /** @param state what the browser must bring back, random and told to nobody but the server */
  static async open(state: string): Promise<CodeListener> {
    const { server, port } = await listenForBrowser();
    return new CodeListener(server, port, state);
  }

  /** Stops listening; a page that is on its way is still sent. */
  close(): void {
    this.#closed(new Fault('cancelled', 'The login was cancelled.'));
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  #answer({ method, headers, url }: IncomingMessage): Reply {
    // A name that points to this machine (DNS rebinding) must not play the server.
    if (headers.host !== `127.0.0.1:${this.port}`) {
      return saying(403, 'Not here', 'This is not the address of this page.');
    }
    const { pathname, searchParams } = new URL(url ?? '/', 'http://127.0.0.1');
    if (method !== 'GET' || pathname !== '/signed-in') {
      return saying(404, 'Nothing here', 'Open the link that mdops printed.');
    }
    const code = searchParams.get('code') ?? '';
    // A page of somebody else could bring the code of an account of theirs.
    if (!isSame(searchParams.get('state') ?? '', this.#state) || !/^\w{1,200}$/.test(code)) {
      return saying(400, 'Not signed in', 'Open the link that mdops printed.');
    }
    const text = 'You can close this window and go back to mdops.';
    return { ...saying(200, 'Signed in', text), sent: () => this.#came(code) };
  }
}

function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

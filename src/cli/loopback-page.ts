import type { ServerResponse } from 'node:http';

import { sayingPage } from './login-page.ts';

/** What a page of the command line answers. */
export interface Reply {
  readonly status: number;
  readonly html: string;
  /** Called when the page is on its way: what happens then may end the process. */
  readonly sent?: () => void;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A page that only says something. */
export function saying(status: number, title: string, text: string): Reply {
  return { status, html: sayingPage(title, text) };
}

/** Sends a page that nobody may frame, keep, or learn the address of. */
export function sendReply(response: ServerResponse, { status, html, headers }: Reply): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    // No `form-action`: browsers hold it against every place that the authorization server sends
    // the person on to.
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    // The form needs its origin; the code in the address of the last page goes nowhere.
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
    connection: 'close',
    ...headers,
  });
  response.end(html);
}

/**
 * The authorization server side of the suite, against the running product. The suite registers a
 * program, prints the page that a person has to open, and judges what comes back; here a browser
 * opens it and allows.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { ask } from '../support/ask.ts';
import { Browser } from '../support/login-product.ts';
import { decide } from '../support/oauth-program.ts';
import { freePort } from '../support/peers.ts';
import { startProduct } from '../support/product.ts';
import { verdictOf, type Verdict } from './suite.ts';

const SCENARIOS = ['authorization-server-metadata-endpoint', 'authorization-code-grant'] as const;

/** Milliseconds for all of them. */
const ALL_MS = 60_000;

const require = createRequire(import.meta.url);
const SUITE = dirname(require.resolve('@modelcontextprotocol/conformance/package.json'));

/** Runs the suite; @returns a verdict for every scenario. */
export async function runAuthorizationSuite(): Promise<readonly Verdict[]> {
  const product = await startProduct();
  try {
    const port = await freePort();
    const client = await registered(product.origin, `http://127.0.0.1:${port}/callback`);
    const printed = await printedBy(product.origin, client, String(port));
    return SCENARIOS.map((scenario) => verdictOf(scenario, printed));
  } finally {
    await product.stop();
  }
}

async function registered(origin: string, redirect: string): Promise<string> {
  const { text } = await ask(`${origin}/oauth/register`, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'conformance',
      redirect_uris: [redirect],
      token_endpoint_auth_method: 'none',
    }),
  });
  return (JSON.parse(text) as { client_id: string }).client_id;
}

function printedBy(origin: string, client: string, port: string): Promise<string> {
  const { PATH = '', HOME = '' } = process.env;
  const words = ['authorization', '--url', origin, '--resource', `${origin}/mcp`];
  const child = spawn(
    process.execPath,
    [join(SUITE, 'dist/index.js'), ...words, '--client-id', client, '--port', port],
    { env: { PATH, HOME }, stdio: ['ignore', 'pipe', 'ignore'], timeout: ALL_MS },
  );
  let printed = '';
  let isAsked = false;
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
    const page = /^http\S+\/oauth\/authorize\?\S+$/m.exec(printed)?.[0];
    // The line must be whole, and the callback be listened for.
    if (isAsked || page === undefined || !printed.includes('Callback server started')) return;
    isAsked = true;
    void allowed(origin, page);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve(printed));
  });
}

async function allowed(origin: string, page: string): Promise<void> {
  const { pathname, search } = new URL(page);
  const { headers } = await decide(new Browser(origin), pathname + search, 'allow');
  await ask(String(headers.location));
}

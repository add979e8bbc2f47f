/** Programs that call the product at `/mcp`: clients of both SDKs, in both eras. */
import {
  Client,
  StreamableHTTPClientTransport,
  type ClientCapabilities,
  type ElicitRequestURLParams,
} from '@modelcontextprotocol/client';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

/** How a program calls. */
export interface Calling {
  readonly headers?: Readonly<Record<string, string>>;
  readonly capabilities?: ClientCapabilities;
  /** `modern` is 2026-07-28, `legacy` a session of 2025-11-25. */
  readonly era?: 'modern' | 'legacy';
  /** What its person does with a page that is to be opened. */
  readonly opens?: (page: ElicitRequestURLParams) => Promise<'accept' | 'decline' | 'cancel'>;
}

/** A connected client of the current SDK. */
export async function mcpClient(
  url: string,
  { headers = {}, capabilities = {}, era = 'modern', opens }: Calling = {},
): Promise<Client> {
  const asks = opens === undefined ? {} : { elicitation: { url: {} } };
  const client = new Client(
    { name: 'test', version: '1' },
    {
      capabilities: { ...capabilities, ...asks },
      ...(era === 'modern' ? { versionNegotiation: { mode: 'auto' } } : {}),
    },
  );
  if (opens !== undefined) {
    client.setRequestHandler('elicitation/create', async ({ params }) => ({
      action: params.mode === 'url' ? await opens(params) : 'cancel',
    }));
  }
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }),
  );
  return client;
}

/** A connected client of the SDK that most programs still use. */
export async function v1Client(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<V1Client> {
  const client = new V1Client({ name: 'old', version: '1' });
  await client.connect(new V1Transport(new URL(url), { requestInit: { headers } }));
  return client;
}

/** What a tool of ours says of a run. */
export interface RunSaid {
  readonly id: string;
  readonly status: string;
  readonly answer: string;
  readonly output_json: unknown;
  readonly urls: { readonly html: string; readonly json: string };
  readonly usage: { readonly total_tokens: number };
  readonly stop_reason: string | null;
  readonly required_action: { readonly connect_url?: string } | null;
  readonly error: { readonly code: string } | null;
}

/** A result as tests look at it. */
export interface Told {
  readonly isError: boolean;
  readonly text: string;
  readonly run: RunSaid;
  readonly links: readonly { readonly uri: string; readonly mimeType?: string }[];
}

export function told(result: unknown): Told {
  const {
    content,
    structuredContent,
    isError = false,
  } = result as {
    content: { type: string; text?: string; uri?: string; mimeType?: string }[];
    structuredContent: RunSaid;
    isError?: boolean;
  };
  return {
    isError,
    text: content.flatMap(({ text }) => (text === undefined ? [] : [text])).join('\n'),
    run: structuredContent,
    links: content.flatMap(({ type, uri = '', mimeType }) =>
      type === 'resource_link' ? [{ uri, ...(mimeType === undefined ? {} : { mimeType }) }] : [],
    ),
  };
}

/** One stateless request of 2026-07-28, as bytes: what no client of an SDK sends. */
export async function modernRequest(
  url: string,
  method: string,
  params: Readonly<Record<string, unknown>>,
  { headers = {}, capabilities = {} }: Pick<Calling, 'headers' | 'capabilities'> = {},
): Promise<{
  status: number;
  result?: Record<string, unknown>;
  error?: { code: number; message: string };
}> {
  const name = params['name'] ?? params['taskId'];
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
      ...headers,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: {
        ...params,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
          'io.modelcontextprotocol/clientCapabilities': capabilities,
        },
      },
    }),
  });
  const text = await response.text();
  const lines = text.split('\n').filter((line) => line.startsWith('data: '));
  const last = lines.at(-1)?.slice('data: '.length) ?? text;
  return { status: response.status, ...(JSON.parse(last) as object) };
}

/** What a client says that takes tasks. */
export const TASKS = { extensions: { 'io.modelcontextprotocol/tasks': {} } };

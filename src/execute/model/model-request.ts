import { OpenAI } from 'openai';
import { Fault } from '../../fault/fault.ts';
import type { ModelCall } from '../ports.ts';
import type { Provider } from './providers.ts';

/** Everything else that the SDK would send is about itself or comes from the environment. */
const SENT_HEADERS = ['authorization', 'content-type', 'user-agent'] as const;

/** What to send to a provider. */
export interface ModelRequest {
  readonly url: string;
  readonly method: 'POST';
  readonly headers: Record<string, string>;
  readonly body: string;
}

/**
 * One streamed `/chat/completions` request below the provider's base URL.
 * @throws Fault `model_not_found` for a provider that is no endpoint
 */
export async function modelRequest(call: ModelCall, provider: Provider): Promise<ModelRequest> {
  const body = JSON.stringify(bodyOf(call, provider));
  const { req, url } = await clientOf(provider).buildRequest({
    method: 'post',
    path: '/chat/completions',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const headers: Record<string, string> = { accept: 'text/event-stream, application/json' };
  for (const name of SENT_HEADERS) {
    const value = req.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  return { url, method: 'POST', headers, body };
}

/**
 * Every option that the SDK would otherwise read from the process' environment is given: another
 * provider's key, organization or headers must never travel along.
 */
function clientOf({ id, baseUrl, key }: Provider): OpenAI {
  if (baseUrl === null) {
    throw new Fault('model_not_found', `The provider ${id} is not reached over the network.`);
  }
  return new OpenAI({
    baseURL: baseUrl,
    apiKey: key?.reveal() ?? 'none',
    ...(key === null ? { defaultHeaders: { authorization: null } } : {}),
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    logLevel: 'off',
  });
}

/** Settings of tools without tools are an error at most providers. */
const TOOL_PARAMETERS = new Set(['tool_choice', 'parallel_tool_calls']);

function bodyOf(call: ModelCall, provider: Provider): Record<string, unknown> {
  const parameters = Object.entries(call.parameters).filter(
    ([name]) => call.tools.length > 0 || !TOOL_PARAMETERS.has(name),
  );
  return {
    ...Object.fromEntries(parameters),
    model: call.model,
    messages: call.messages,
    ...(call.tools.length > 0 ? { tools: call.tools } : {}),
    stream: true,
    ...(provider.sendsUsageUnasked ? {} : { stream_options: { include_usage: true } }),
  };
}

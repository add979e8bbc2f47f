import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';
import { Fault } from '../../fault/fault.ts';
import type { ModelCall } from '../ports.ts';
import type { Provider } from './providers.ts';

/** What to send to a provider. */
export interface ModelRequest {
  readonly url: string;
  readonly method: 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * One streamed `/chat/completions` request below the provider's base URL. It is what the `openai`
 * package sends, which is no part of this: a hundred kilobytes to put an address and three headers
 * together, with an environment that it reads keys and headers of other providers from.
 * @throws Fault `model_not_found` for a provider that is no endpoint
 * @see spec/providers.md, Requests
 */
export function modelRequest(call: ModelCall, provider: Provider): ModelRequest {
  const { id, baseUrl, key } = provider;
  if (baseUrl === null) {
    throw new Fault('model_not_found', `The provider ${id} is not reached over the network.`);
  }
  return {
    url: `${baseUrl.replace(/\/$/, '')}/chat/completions`,
    method: 'POST',
    headers: {
      accept: 'text/event-stream, application/json',
      'content-type': 'application/json',
      'user-agent': 'MarkdownOps',
      ...provider.headers,
      ...(key === null ? {} : { authorization: `Bearer ${key.reveal()}` }),
    },
    body: JSON.stringify(bodyOf(call, provider)),
  };
}

/** Settings of tools without tools are an error at most providers. */
const TOOL_PARAMETERS = new Set(['tool_choice', 'parallel_tool_calls']);

/** Members of the body that a prompt cannot choose. Messages and tools have types of our own. */
type Fixed = Pick<ChatCompletionCreateParamsStreaming, 'model' | 'stream' | 'stream_options'>;

function bodyOf(call: ModelCall, provider: Provider): Record<string, unknown> & Fixed {
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

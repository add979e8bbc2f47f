import {
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type JSONRPCMessage,
  type StreamableHTTPClientTransportOptions,
  type Transport,
} from '@modelcontextprotocol/client';
import { Fault } from '../../fault/fault.ts';
import { readable, watchIncoming } from './incoming.ts';
import { sayLastWords } from './last-words.ts';
import { mcpFetch, type Wire } from './mcp-fetch.ts';

type SendOptions = Parameters<StreamableHTTPClientTransport['send']>[1];

/**
 * Streamable HTTP that answers for a server which ends its stream without a result: the SDK would
 * wait for the time limit.
 */
class AnsweringTransport extends StreamableHTTPClientTransport {
  readonly #wire: Wire;

  constructor(wire: Wire, options: StreamableHTTPClientTransportOptions) {
    super(wire.url, options);
    this.#wire = wire;
  }

  override async send(message: JSONRPCMessage, options?: SendOptions): Promise<void> {
    if (!('method' in message && 'id' in message)) return super.send(message, options);
    const { id, method } = message;
    if (method !== 'server/discover') this.#wire.isDiscovered = true;
    this.#wire.calls.sent(id, options?.onresumptiontoken);
    const onRequestStreamEnd = (): void => {
      options?.onRequestStreamEnd?.();
      this.fail(new Fault('server_garbage', 'The tool server ended its answer too early.'), id);
    };
    return super.send(message, { ...options, onRequestStreamEnd });
  }

  /** Ends a request with a fault; one that is already answered is left alone by the SDK. */
  fail(fault: Fault, id: string | number): void {
    const error = { code: -32_000, message: fault.message, data: fault };
    this.onmessage?.({ jsonrpc: '2.0', id, error });
  }
}

/** The transport for a wire. Each connection has its own, with request ids of its own. */
export function mcpTransport(wire: Wire, headers: Headers): Transport {
  const options = { fetch: mcpFetch(wire), requestInit: { headers } };
  if (wire.kind === 'http') {
    const transport = new AnsweringTransport(wire, options);
    watchIncoming(transport, readable(wire.leftOut));
    sayLastWords(transport);
    wire.onBroken = (fault, id) => {
      if (id !== null) transport.fail(fault, id);
    };
    return transport;
  }
  // oxlint-disable-next-line typescript/no-deprecated -- servers in use still speak only this
  const transport = new SSEClientTransport(wire.url, options);
  watchIncoming(transport, readable(wire.leftOut));
  sayLastWords(transport);
  wire.onBroken = (fault) => {
    wire.fault ??= fault;
    void transport.close();
  };
  return transport;
}

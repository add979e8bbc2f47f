import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { isObject } from '../../protocol/json.ts';
import type { LeftOutTools } from './left-out.ts';
import { tightened } from './loose-result.ts';
import { StartedTask } from './started-task.ts';

type OnMessage = NonNullable<Transport['onmessage']>;

/**
 * Lets the messages of a transport pass through `seen` before its client gets them, whoever sets
 * the handler and however often.
 */
export function watchIncoming(
  transport: Transport,
  seen: (message: JSONRPCMessage) => JSONRPCMessage,
): void {
  let inner: OnMessage | undefined;
  const outer: OnMessage = (message, extra) => inner?.(seen(message), extra);
  Object.defineProperty(transport, 'onmessage', {
    configurable: true,
    get: () => (inner === undefined ? undefined : outer),
    set: (handler: OnMessage | undefined) => {
      // What a probe saved and gives back is this very function.
      if (handler !== outer) inner = handler;
    },
  });
}

/**
 * What the SDK cannot take, in words that it can: a task in place of a result becomes an error that
 * carries it, what is said loosely is tightened, a tool that cannot be used is left out, and a page of tools that leads back and has nothing
 * new is the last one.
 */
export function readable(leftOut: LeftOutTools): (message: JSONRPCMessage) => JSONRPCMessage {
  const cursors = new Set<string>();
  const names = new Set<unknown>();
  return (message) => {
    if (!('result' in message) || !isObject(message.result)) return message;
    if (message.result['resultType'] === 'task') {
      return { ...carried(message.result), id: message.id };
    }
    const result = tightened(message.result);
    const { tools, nextCursor: cursor, ...rest } = result;
    if (!Array.isArray(tools)) return { ...message, result };
    const usable = { ...rest, tools: tools.filter((tool) => leftOut.takes(tool)) };
    if (typeof cursor !== 'string') return { ...message, result: usable };
    const known = names.size;
    for (const tool of tools) names.add(isObject(tool) ? tool['name'] : tool);
    const leadsBack = cursors.has(cursor) && names.size === known;
    cursors.add(cursor);
    return { ...message, result: leadsBack ? usable : { ...usable, nextCursor: cursor } };
  };
}

/** The instance is made here, so no server can pass off anything else as one. */
function carried(result: Readonly<Record<string, unknown>>) {
  const error = { code: -32_000, message: 'A task was started.', data: new StartedTask(result) };
  return { jsonrpc: '2.0', error } as const;
}

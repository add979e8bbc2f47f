import { startProduct } from '../test/support/product.ts';
import type { LoopPlace } from './chat-loops.ts';
import { chatPeer, mcpPeer } from './peers.ts';

/** A started product with the model and the tool servers of loops through its hosted door. */
export interface ChatPlace {
  /** With the demo server, which is a part of the product. */
  readonly demo: LoopPlace;
  /** With a tool server elsewhere, which costs nothing. */
  readonly outside: LoopPlace;
  close(): Promise<void>;
}

/** Starts all of it. */
export async function chatPlace(): Promise<ChatPlace> {
  const [chat, tools] = await Promise.all([chatPeer(), mcpPeer({ era: 'stateless' })]);
  const product = await startProduct({ PROVIDER_HOSTS: chat.origin, EGRESS_ALLOW: tools.host });
  const door = `${product.origin}/${chat.host}`;
  return {
    demo: { chat, door, serverUrl: `${product.origin}/demo/mcp`, tool: 'roll_dice' },
    outside: { chat, door, serverUrl: `${tools.origin}/mcp`, tool: 'wait' },
    close: async () => {
      await product.stop();
      await Promise.all([chat.close(), tools.close()]);
    },
  };
}

import type { ServerMemo, ServerMemory } from '../../execute/ports.ts';
import type { PrincipalClient } from '../principal/principal-client.ts';

/** What is remembered of tool servers, kept with the principal whose runs learned it. */
export function principalMemory(principal: PrincipalClient): ServerMemory {
  return {
    recall: async (key) => {
      const text = await principal.recall(key);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written below
      return text === null ? null : (JSON.parse(text) as ServerMemo);
    },
    keep: async (key, memo) => {
      await principal.keep(key, memo === null ? null : JSON.stringify(memo));
    },
  };
}

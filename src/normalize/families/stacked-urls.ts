import type { Draft } from './draft.ts';

const BLOCK = /^(?:RULES|CONTEXT|PROMPT):[ \t]*$/m;

/** Whether a text has the blocks of LMPIFY: it begins with one, and one is `PROMPT:`. */
export function hasBlocks(draft: Draft): boolean {
  const first = draft.body.trimStart().split(/[\r\n]/, 1)[0] ?? '';
  return BLOCK.test(first) && /^PROMPT:[ \t]*$/m.test(draft.body);
}

/** URLs on lines of their own are what such a text wants to be read with. */
export function adoptStackedUrls(draft: Draft): void {
  for (const { url, alone, form, looksLike } of draft.references) {
    if (alone && form !== 'link' && looksLike === 'document') {
      draft.stacked.set(url, 'It stands on a line of its own under RULES: or PROMPT:.');
    }
  }
}

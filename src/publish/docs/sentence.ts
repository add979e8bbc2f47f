import { markup } from '../markup.ts';
import type { MarkupPart } from '../markup.ts';

/** Words of ours in which backticks mark code. */
export function sentence(text: string): MarkupPart {
  return text
    .split('`')
    .map((part, index) => (index % 2 === 0 ? part : markup`<code>${part}</code>`));
}

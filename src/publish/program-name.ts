import { markup, type Markup } from './markup.ts';
import { visible } from './visible.ts';

/** Characters of a name that are shown. */
const MAX_SHOWN = 80;

/**
 * The name that a program gave itself, so that nothing in it hides and nothing of it reaches what
 * stands beside it: whoever wrote it may want to look like somebody else.
 */
export function programName(name: string): Markup {
  return markup`<bdi>${programText(name)}</bdi>`;
}

/** The same as text. */
export function programText(name: string): string {
  const characters = Array.from(visible(name).replace(/\s+/g, ' ').trim());
  if (characters.length === 0) return 'A program without a name';
  return characters.length > MAX_SHOWN
    ? `${characters.slice(0, MAX_SHOWN).join('')}…`
    : characters.join('');
}

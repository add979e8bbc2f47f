import { GUIDE } from './docs-source.ts';
import { keyOption } from './curl.ts';
import type { Reader } from './curl.ts';

/** A piece of the guide. */
export interface Section {
  /** Its anchor on a page. */
  readonly id: string;
  readonly title: string;
  /** Markdown without headings, so that it can stand on a page and in `/llms.txt`. */
  readonly text: string;
}

/** The two halves of `guide.md`. */
export interface Guide {
  /** How prompts are run and runs are read over HTTP. */
  readonly use: readonly Section[];
  /** The format of a prompt in short. */
  readonly format: readonly Section[];
}

/**
 * The guide, with the address under which its reader reached this server, so that every command in
 * it works as it stands.
 */
export function guideFor(reader: Reader): Guide {
  const text = GUIDE.replaceAll('https://HOST', reader.origin).replaceAll(
    '-KEY ',
    keyOption(reader),
  );
  const [, use = '', format = ''] = text.split(/^# .*$/m);
  return { use: sectionsOf(use), format: sectionsOf(format) };
}

function sectionsOf(half: string): Section[] {
  return half
    .split(/^## /m)
    .slice(1)
    .map((piece) => {
      const [, title = '', id = '', text = ''] = /^(.*) \{#(\w+)\}\n([^]*)$/.exec(piece) ?? [];
      return { id, title, text: text.trim() };
    });
}

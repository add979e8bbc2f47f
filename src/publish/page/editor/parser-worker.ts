/**
 * The parser beside the page, so that reading a long document never stops a keystroke. Built as
 * `/assets/parser.js`, which the page asks for once it is there.
 */
import { analyse } from './analysis.ts';
import type { EditorContext } from './analysis.ts';

/** A text to read, with a number that comes back with the answer. */
export interface ParseRequest {
  readonly number: number;
  readonly text: string;
  readonly context: EditorContext;
}

self.addEventListener('message', ({ data }: MessageEvent<ParseRequest>) => {
  const { number, text, context } = data;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has one listener
  self.postMessage({ number, analysis: analyse(text, context) });
});

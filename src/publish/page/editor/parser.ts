import type { Analysis, EditorContext } from './analysis.ts';
import type { ParseRequest } from './parser-worker.ts';

/** Milliseconds without a keystroke until the text is read; a long text waits longer. */
const PAUSE_MS = 120;
const LONG_PAUSE_MS = 400;
const LONG_TEXT = 50_000;

/** Reads texts in a worker, one at a time and only the newest. */
export interface Parser {
  /** Reads the text soon, or at once. */
  read(text: string, isUrgent?: boolean): void;
}

/**
 * @param address of the worker's script
 * @param onAnalysis is told what the newest text means
 */
export function startParser(
  address: string,
  context: EditorContext,
  onAnalysis: (analysis: Analysis) => void,
): Parser {
  const worker = new Worker(address);
  let newest: string | null = null;
  let isBusy = false;
  let number = 0;
  let timer = 0;

  worker.addEventListener('message', ({ data }: MessageEvent<{ analysis: Analysis }>) => {
    isBusy = false;
    // What is typed meanwhile makes an answer old: its underlines would stand in the wrong places.
    if (newest === null) onAnalysis(data.analysis);
    else send();
  });

  // What one text does to the parser must not be the end of it for the next one.
  worker.addEventListener('error', () => {
    isBusy = false;
    send();
  });

  function send(): void {
    if (newest === null || isBusy) return;
    number += 1;
    const request: ParseRequest = { number, text: newest, context };
    newest = null;
    isBusy = true;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is a worker's
    worker.postMessage(request);
  }

  return {
    read(text, isUrgent = false) {
      newest = text;
      window.clearTimeout(timer);
      if (isUrgent) return send();
      timer = window.setTimeout(send, text.length > LONG_TEXT ? LONG_PAUSE_MS : PAUSE_MS);
    },
  };
}

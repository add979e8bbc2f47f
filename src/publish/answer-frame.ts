import { inert } from './bounded.ts';
import { fenced } from './fence.ts';

/** ```` ```js ````: a fence that begins at the margin and names at most a language. */
const FENCE = /^(`{3,})[\w+#.-]*$/;

/**
 * The answer as a part of a larger document. It stands as the model wrote it where it cannot be
 * mistaken for the document around it, so that a simple answer reads simply. An answer that could
 * end its own section (a heading of our level, raw HTML, a fence that stays open and swallows what
 * follows) is put into a fence of its own: a model that read `## Error` in a web page and repeats
 * it must not write the run's report.
 */
export function answerInDocument(answer: string): string {
  const text = inert(answer).replace(/^\n+|\s+$/g, '');
  return staysInside(text) ? text : fenced(text, 'markdown');
}

/** A line-by-line test that would rather refuse than understand all of Markdown. */
function staysInside(text: string): boolean {
  let open: string | null = null;
  let previous = '';
  for (const line of text.split('\n')) {
    const fence: string | undefined = FENCE.exec(line.trimEnd())?.[1];
    if (open !== null) {
      if (line.trimEnd() === open) open = null;
      // Longer or indented, it closes the block for some readers only: ## Error may follow.
      else if (line.trim().startsWith(open)) return false;
    } else {
      if (fence === undefined && breaksOut(line, previous)) return false;
      open = fence ?? null;
    }
    previous = line;
  }
  return open === null;
}

/** Whether a line outside a fence could begin a section, HTML, a definition or a fence. */
function breaksOut(line: string, previous: string): boolean {
  const content = line.replace(/^[\s>]*(?:[-*+]\s+|\d{1,9}[.)]\s+)*/, '');
  return (
    /^#{1,2}(?:\s|$)/.test(content) || // ## Error
    (/^\s*(?:=+|-+)\s*$/.test(line) && previous.trim() !== '') || // Error, underlined
    /<[a-z!?/]/i.test(line) || // <h2>Error</h2>, <!--
    /^(?:`{3}|~{3})/.test(content) || // a fence in a place that is not simple
    /^\[[^\]]+\]:/.test(content) // [json]: https://elsewhere.example
  );
}

import type { Problem } from '../parse/problem.ts';
import { pageHtml } from './layout.ts';
import { markup } from './markup.ts';
import { problemList } from './page-problems.ts';

/** What the editor shows. */
export interface EditorOptions {
  /** The document; it may come from anywhere and is never run by showing it. */
  readonly prompt: string;
  readonly problems?: readonly Problem[];
  /** Whether the text came from a link or a page of somebody else. */
  readonly isSuggested?: boolean;
}

/** What is said over a document that its reader did not write. */
const SUGGESTED =
  'Somebody else suggests this prompt. Read it before you run it. It runs without your logins, your secrets and the local addresses of this server; if it names tool servers, you are asked first.';

/** What an empty editor suggests; it runs on any server, with the demo model too. */
const EXAMPLE = `@/demo/mcp

What time is it in Tokyo right now, and what is 17 * 23?`;

/**
 * A page with one form that runs a prompt. Send it with `Referrer-Policy: same-origin`: under
 * `no-referrer` a browser would say `Origin: null` and the server would take its own form for a
 * stranger's.
 */
export function renderEditor({
  prompt,
  problems = [],
  isSuggested = false,
}: EditorOptions): string {
  const invalid = problems.some(({ severity }) => severity === 'error');
  const described = problems.length === 0 ? 'hint' : 'problems hint';
  return pageHtml({
    title: 'Prompt',
    links: markup`<nav aria-label="Other pages"><a href="/runs">Runs</a> <a href="/connections">Connections</a> <a href="/examples">Examples</a> <a href="/docs">Docs</a></nav>
`,
    main: markup`<header class="run"><h1>Run a prompt</h1></header>
${isSuggested ? markup`<p class="notice" role="note">${SUGGESTED}</p>` : null}
${problems.length === 0 ? null : markup`<section id="problems" aria-label="Problems">${problemList(problems)}</section>`}
<form class="editor" method="post" action="/">
${isSuggested ? markup`<input type="hidden" name="suggested" value="1">` : null}
<label for="document">Markdown document</label>
<textarea id="document" name="prompt" rows="14" required spellcheck="true" dir="auto" placeholder="${EXAMPLE}" aria-describedby="${described}"${invalid ? markup` aria-invalid="true"` : null}>
${prompt}</textarea>
<p id="hint" class="quiet">Put <code>@/demo/mcp</code> or the URL of any MCP server on a line of its own to give the model its tools. An <code>@</code> before any other URL reads it as context. The run's address shows this document to everyone who has it.</p>
<button type="submit">Run</button>
</form>
`,
  });
}

import type { ProviderChoice } from '../normalize/request.ts';
import type { Problem } from '../parse/problem.ts';
import { pageHtml } from './layout.ts';
import { markup } from './markup.ts';
import type { Markup } from './markup.ts';
import { siteLinks } from './page-links.ts';
import { problemList } from './page-problems.ts';

/** Addresses of the files of the editor's page. */
export interface EditorFiles {
  readonly script: string;
  /** The parser, which the script starts as a worker. */
  readonly parser: string;
  readonly stylesheet: string;
}

/** What the editor shows. */
export interface EditorOptions {
  /** The document; it may come from anywhere and is never run by showing it. */
  readonly prompt: string;
  readonly problems?: readonly Problem[];
  /** Whether the text came from a link or a page of somebody else. */
  readonly isSuggested?: boolean;
  /** Where it was read from. */
  readonly source?: string;
  /** Without them the page is a form. */
  readonly files?: EditorFiles;
  /** Providers of the server, for a reader who may run prompts. */
  readonly providers?: readonly ProviderChoice[];
  /** Origins that are this server. */
  readonly ownOrigins?: readonly string[];
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
export function renderEditor(options: EditorOptions): string {
  const { files, source } = options;
  return pageHtml({
    title: 'Prompt',
    head: files === undefined ? null : headOf(files),
    links: siteLinks({ current: '/' }),
    main: markup`<header class="run"><h1>Run a prompt</h1></header>
${source === undefined ? null : markup`<p class="quiet">From <span class="address" dir="ltr">${source}</span></p>`}
<p class="notice" id="suggested" role="note"${hiddenUnless(options.isSuggested === true)}>${SUGGESTED}</p>
${form(options)}<section id="addresses" aria-label="Addresses" hidden=""></section>
<p id="hint" class="quiet">Put <code>@/demo/mcp</code> or the URL of any MCP server on a line of its own to give the model its tools. An <code>@</code> before any other URL reads it as context. The run's address shows this document to everyone who has it.</p>
<section id="drafts" aria-label="Drafts" hidden=""></section>
`,
  });
}

function form({ prompt, problems = [], isSuggested = false, ...options }: EditorOptions): Markup {
  const invalid = problems.some(({ severity }) => severity === 'error');
  const described = problems.length === 0 ? 'hint' : 'problems hint';
  return markup`<form class="editor" method="post" action="/"${forScript(options)}>
${isSuggested ? markup`<input type="hidden" name="suggested" value="1">` : null}
<div class="headline"><label for="document">Markdown document</label><div class="toolbar" id="toolbar"></div></div>
<section id="problems" aria-label="Problems"${hiddenUnless(problems.length > 0)}>${problems.length === 0 ? null : problemList(problems)}</section>
<textarea id="document" name="prompt" rows="14" required spellcheck="true" dir="auto" placeholder="${EXAMPLE}" aria-describedby="${described}"${invalid ? markup` aria-invalid="true"` : null}>
${prompt}</textarea>
<div class="actions"><button type="submit">Run</button><p id="figures" class="quiet"></p></div>
</form>
`;
}

/** What a script will fill, or shows when there is something in it. */
function hiddenUnless(isShown: boolean): Markup | null {
  return isShown ? null : markup` hidden=""`;
}

/** What the script of the page is told. */
function forScript({
  files,
  providers = [],
  ownOrigins = [],
}: Pick<EditorOptions, 'files' | 'providers' | 'ownOrigins'>): Markup | null {
  if (files === undefined) return null;
  const context = JSON.stringify({ providers, ownOrigins });
  return markup` data-parser="${files.parser}" data-context="${context}"`;
}

function headOf({ script, stylesheet }: EditorFiles): Markup {
  return markup`<link rel="stylesheet" href="${stylesheet}">
<script src="${script}" defer></script>
`;
}

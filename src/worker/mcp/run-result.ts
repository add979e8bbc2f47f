import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { actionNotes } from '../../publish/action-words.ts';
import { inert } from '../../publish/bounded.ts';
import { mediaTypeOf } from '../../publish/media-type.ts';
import { renderJson } from '../../publish/render-json.ts';
import { renderMarkdown } from '../../publish/render-markdown.ts';
import { titleOf } from '../../publish/run-title.ts';
import { fileUrl, runUrls } from '../../publish/run-urls.ts';
import type { RunUrls } from '../../publish/run-urls.ts';
import type { RunView } from '../../run/view.ts';
import { pageUrls } from './asked-actions.ts';
import type { McpCaller } from './mcp-caller.ts';
import type { McpCall } from './tool-call.ts';

/** How much of a run is given as text. */
export const VIEW = z
  .enum(['text', 'full', 'last_file'])
  .default('text')
  .describe(
    'text: the answer alone. full: the whole run as Markdown, with its steps and tool calls. last_file: the last named code block of the answer.',
  );

/** How much of a run is given as text. */
export type ViewName = z.infer<typeof VIEW>;

/** What is said of a run beside its text. */
export const RUN_OUTPUT = z.object({
  id: z.string().describe('What get_run takes'),
  status: z
    .string()
    .describe('queued, running, requires_action, completed, failed, cancelled or expired'),
  answer: z.string(),
  output_json: z
    .unknown()
    .describe('The answer as a value, where the prompt asks for JSON; else null'),
  urls: z.record(z.string(), z.string()).describe('Addresses of the run, by form'),
  usage: z.record(z.string(), z.unknown()).describe('Tokens'),
  stop_reason: z.string().nullable(),
  required_action: z.unknown().describe('What the run waits for a person for; else null'),
  error: z.unknown().describe('Why it failed, as code and message; else null'),
});

/** Files of an answer that are linked. */
const MOST_LINKS = 20;

/** How a run is told to a client. */
export interface Telling {
  readonly view: ViewName;
  readonly caller: Pick<McpCaller, 'origin' | 'principal'>;
  /** Whether the client knows links in results, which came with 2025-06-18. */
  readonly hasLinks: boolean;
}

/** How results are told to the client of a call. */
export function tellingOf({ caller, protocolVersion }: McpCall, view: ViewName): Telling {
  return { view, caller, hasLinks: protocolVersion() >= '2025-06-18' };
}

/** A run as the result of a call that waited for it: a run that failed is a call that failed. */
export function runResult(run: RunView, telling: Telling): CallToolResult {
  const isError = ['failed', 'cancelled', 'expired'].includes(run.status);
  return { ...readResult(run, telling), ...(isError ? { isError } : {}) };
}

/** A run as the result of a call that only reads it. */
export function readResult(run: RunView, { view, caller, hasLinks }: Telling): CallToolResult {
  const urls = runUrls(caller.origin, run.id);
  const links = hasLinks ? linksOf(run, urls) : [];
  return {
    content: [{ type: 'text', text: textOf(run, view, caller) }, ...links],
    structuredContent: structured(run, urls),
  };
}

function structured(run: RunView, urls: RunUrls): z.infer<typeof RUN_OUTPUT> {
  const { id, status, output, output_json, usage, stop_reason, required_action, error } =
    RENDERED.parse(renderJson(run, urls));
  const addresses = { ...urls };
  const told = { usage, stop_reason, required_action, error };
  return { id, status, answer: output, output_json, urls: addresses, ...told };
}

const RENDERED = RUN_OUTPUT.omit({ answer: true }).extend({ output: z.string() });

function textOf(run: RunView, view: ViewName, caller: Telling['caller']): string {
  if (view === 'full') return renderMarkdown(run, runUrls(caller.origin, run.id));
  const note = noteOf(run, pageUrls(caller, run.id));
  const said = view === 'last_file' ? lastFile(run) : inert(run.output);
  return [said, note].filter((part) => part !== '').join('\n\n');
}

function lastFile({ files, status }: RunView): string {
  const file = files.at(-1);
  if (file !== undefined) return inert(file.text);
  return status === 'completed' ? 'The answer has no named code block.' : '';
}

/** What a reader of the text must know of a run that is not completed. */
function noteOf(run: RunView, urls: RunUrls): string {
  switch (run.status) {
    case 'completed':
      return '';
    case 'queued':
    case 'running':
      return `The run goes on. Ask for it with get_run and the id ${run.id}.`;
    case 'requires_action':
      return [
        ...actionNotes(run, urls),
        `Then the run goes on by itself: ask for it with get_run and the id ${run.id}.`,
      ].join('\n');
    case 'failed':
    case 'cancelled':
    case 'expired': {
      const { code = run.stop_reason ?? run.status, message = '' } = run.error ?? {};
      return `Run ${run.status}: ${inert(message)} (${code})`;
    }
  }
}

function linksOf(run: RunView, urls: RunUrls): ContentBlock[] {
  const title = titleOf(run);
  return [
    link(title, urls.html, 'text/html'),
    link(`${title.endsWith('.') ? title.slice(0, -1) : title}.md`, urls.markdown, 'text/markdown'),
    ...run.files
      .slice(0, MOST_LINKS)
      .map(({ path }) => link(path, fileUrl(urls, path), mediaTypeOf(path).mediaType)),
  ];
}

function link(name: string, uri: string, mimeType: string): ContentBlock {
  return { type: 'resource_link', name, uri, mimeType };
}

import type { FaultData } from '../fault/fault.ts';
import type { Problem } from '../parse/problem.ts';
import { isTerminal } from '../run/run.ts';
import type { RunView } from '../run/view.ts';
import { inert } from './bounded.ts';
import { codeSpan, fencedStart, words } from './fence.ts';
import { stepsSection } from './markdown-steps.ts';
import type { RequiredAction } from '../run/required-action.ts';
import { visible } from './visible.ts';
import { actionText } from './action-words.ts';
import { isoTime } from './iso-time.ts';
import { fileUrl, siteUrl, type RunUrls } from './run-urls.ts';
import {
  answerNote,
  noAnswer,
  referenceFacts,
  referenceSummary,
  runFigures,
  serverFacts,
  statusWords,
  UNPUBLISHED,
} from './run-words.ts';
import { titleOf } from './run-title.ts';

/** The prompt is the document's own beginning, so it may be long; `.json` has the rest. */
const LONGEST_PROMPT = 20_000;

/** Characters of the arguments of a call that its owner is asked about; the page has all. */
const LONGEST_ARGUMENTS = 20_000;

/** Characters of what a tool asks. */
const LONGEST_QUESTION = 4000;

/**
 * A whole run as one Markdown document that reads well in a terminal: error, what it waits for, prompt, references,
 * tool servers, steps, problems, files, answer. Only this function writes the sections before the answer:
 * whatever an author, a tool or a model said there is in a fence it cannot close, in a code span,
 * or escaped. The answer stands as the model wrote it, and last, so that it can forge nothing:
 * everything after the line `## Answer` is the model's.
 * @see spec/rendering.md, Markdown
 */
export function renderMarkdown(view: RunView, urls: RunUrls): string {
  const sections = [
    heading(view, urls),
    errorSection(view.error),
    waitingSection(view, urls),
    promptSection(view),
    referencesSection(view),
    serversSection(view),
    stepsSection(view),
    problemsSection(view.problems),
    filesSection(view, urls),
    answerSection(view),
  ];
  return `${sections.filter((section) => section !== null).join('\n\n')}\n`;
}

function heading(view: RunView, urls: RunUrls): string {
  const status = [`**${statusWords(view.status)}**`, ...runFigures(view).map(words)].join(' · ');
  const forms = `[Page](${urls.html}) · [JSON](${urls.json}) · [answer alone](${urls.text})`;
  const lines = [`# ${words(titleOf(view))}`, status];
  if (!isTerminal(view.status)) {
    lines.push('This run is not finished. Read this address again for more, or follow its events.');
    return [...lines, `${forms} · [events](${urls.events})`].join('\n\n');
  }
  return [...lines, forms].join('\n\n');
}

/** Links are ours; what a tool says stands in a fence. */
function waitingSection({ required_actions }: RunView, urls: RunUrls): string | null {
  if (required_actions.length === 0) return null;
  return ['## Waiting', ...required_actions.map((action) => waitingPart(action, urls))].join(
    '\n\n',
  );
}

function waitingPart(action: RequiredAction, urls: RunUrls): string {
  const { own } = action;
  if (own === null) return words(actionText(action, urls));
  const server = codeSpan(own.server_label);
  const until = `Until ${isoTime(action.expires_at)}.`;
  if (own.call !== null) {
    const args = own.call.arguments.trim() === '' ? '{}' : visible(own.call.arguments);
    return [
      `The model wants to call ${codeSpan(visible(own.call.tool))} of ${server} at ${codeSpan(own.server_url)}:`,
      fencedStart(args, 'text', LONGEST_ARGUMENTS),
      `[Allow it or not on the page](${urls.html}). ${until}`,
    ].join('\n\n');
  }
  if (own.connect_path !== null) {
    const link = `[Log in](${siteUrl(urls, own.connect_path)})`;
    return `${server} at ${codeSpan(own.server_url)} wants a login. ${words(own.message)} ${link} ${until}`;
  }
  return [
    `${server} at ${codeSpan(own.server_url)} asks:`,
    fencedStart(own.message, 'text', LONGEST_QUESTION),
    ...(own.url === null ? [] : [`It wants you to open ${codeSpan(own.url)}.`]),
    `[Answer on the page](${urls.html}). ${until}`,
  ].join('\n\n');
}

function promptSection({ prompt, publication }: RunView): string {
  if (prompt === null) return UNPUBLISHED[publication];
  return `## Prompt\n\n${fencedStart(prompt, 'markdown', LONGEST_PROMPT)}`;
}

function referencesSection({ references }: RunView): string | null {
  if (references.length === 0) return null;
  const list = references.map(
    (reference) => `- ${codeSpan(reference.url)}: ${words(referenceFacts(reference))}`,
  );
  return `## References\n\n${words(referenceSummary(references))}\n\n${list.join('\n')}`;
}

function serversSection({ servers, status }: RunView): string | null {
  if (servers.length === 0) return null;
  const list = servers.map(
    (server) =>
      `- ${codeSpan(server.label)} at ${codeSpan(server.url)}: ${words(serverFacts(server, status))}`,
  );
  return `## Tool servers\n\n${list.join('\n')}`;
}

function answerSection(view: RunView): string {
  const note = answerNote(view);
  const answer = view.answer.trim() === '' ? `*${noAnswer(view.status)}*` : bare(view.answer);
  return [...(note === null ? [] : [`*${note}*`]), '## Answer', answer].join('\n\n');
}

/** As it was written, less what a terminal would obey. */
function bare(answer: string): string {
  return inert(answer).replace(/^\n+|(?<!\s)\s+$/g, '');
}

function problemsSection(problems: readonly Problem[]): string | null {
  if (problems.length === 0) return null;
  const list = problems.map(({ severity, at, message, code }) => {
    const place = at === undefined ? '' : ` at ${at.line}:${at.column}`;
    return `- **${severity}**${place}: ${words(message)} (${codeSpan(code)})`;
  });
  return `## Problems\n\n${list.join('\n')}`;
}

function filesSection({ files }: RunView, urls: RunUrls): string | null {
  if (files.length === 0) return null;
  const list = files.map(({ path }) => `- ${codeSpan(path)}: <${fileUrl(urls, path)}>`);
  return `## Files\n\n${list.join('\n')}`;
}

function errorSection(error: FaultData | null): string | null {
  if (error === null) return null;
  const detail = Object.entries(error.detail ?? {}).map(
    ([name, value]) => `- ${words(name)}: ${codeSpan(String(value))}`,
  );
  return [
    '## Error',
    `${words(error.message)} (${codeSpan(error.code)})`,
    ...(detail.length === 0 ? [] : [detail.join('\n')]),
  ].join('\n\n');
}

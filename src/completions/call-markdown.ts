import { bounded, inert } from '../publish/bounded.ts';
import { fencedStart } from '../publish/fence.ts';
import { visible } from '../publish/visible.ts';
import type { McpApprovalRequest, McpAuthRequest, McpCall } from './mcp-item.ts';

/** Characters of arguments and of a result that are shown. */
const LONGEST = 600;

/**
 * A call as a short block that chat programs fold away. It is for reading only: what goes back to
 * the model is the result itself.
 * @see spec/completions.md CC-6
 */
export function callMarkdown(call: McpCall): string {
  const state = call.error === null ? '' : ' — failed';
  const title = escaped(`${call.server_label}: ${call.name}`);
  const answer = call.output ?? call.error?.message ?? '';
  return [
    '',
    `<details><summary>${title}${state}</summary>`,
    fencedStart(call.arguments, 'json', LONGEST),
    fencedStart(answer, 'text', LONGEST),
    '</details>',
    '',
  ].join('\n\n');
}

/** A link for the person who reads along. */
export function loginMarkdown({ server_label, login_url }: McpAuthRequest): string {
  return `\n\n[Log in to ${label(server_label)}](${login_url}) so that its tools can be used.\n\n`;
}

/** What the person who reads along is asked; nothing hides in it. */
export function approvalMarkdown(request: McpApprovalRequest): string {
  const { server_label, name, arguments: args } = request;
  return [
    '',
    `**May this call be made?** ${label(visible(`${server_label}: ${name}`))}`,
    fencedStart(visible(args), 'text', LONGEST),
    '',
  ].join('\n\n');
}

/** Names come from servers and models: they must not open HTML or Markdown. */
function escaped(text: string): string {
  return bounded(inert(text), 120)
    .text.replace(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

function label(text: string): string {
  return escaped(text).replace(/[\\[\]()*_`]/g, '\\$&');
}

import type { CallToolResult } from '@modelcontextprotocol/server';
import { documentSource } from '../../execute/references/document-source.ts';
import { Fault } from '../../fault/fault.ts';
import type { Problem } from '../../parse/problem.ts';
import { network } from '../network.ts';
import { fingerprint } from '../post/confirm-document.ts';
import { createRun, normalizePosted } from '../post/create-run.ts';
import { checkedDocument, documentText, MAX_DOCUMENT } from '../post/read-body.ts';
import { userOf } from '../post/read-prompt.ts';
import type { PostedPrompt } from '../post/read-prompt.ts';
import { idempotencyKey } from '../post/idempotency.ts';
import { admitLook } from '../principal/admit-look.ts';
import { isOfThisServer, namedPrincipal } from '../principal/principal-name.ts';
import { principalClient } from '../principal/principal-client.ts';
import { failed, requestOf } from './tool-call.ts';
import type { McpCall } from './tool-call.ts';

/** A prompt as a tool was given it. */
export interface RunWish {
  /** The document. */
  readonly prompt: string;
  /** Whether somebody else wrote it: it runs with nothing of its caller's until they confirmed it. */
  readonly isForeign: boolean;
  readonly input?: Readonly<Record<string, unknown>> | undefined;
  readonly overrides?: Readonly<Record<string, unknown>> | undefined;
  readonly user?: string | undefined;
  readonly idempotency_key?: string | undefined;
}

/**
 * Makes a run, as a POST does.
 * @returns its id, or what is wrong with the prompt
 * @throws Fault `rate_limited`, `too_large`, `not_text`, `bad_request`, `idempotency_mismatch`
 * @see spec/mcp.md MCP-10
 */
export async function postedRun(call: McpCall, wish: RunWish): Promise<string | CallToolResult> {
  const { env, settings, caller } = call;
  const { principal: name, origin, clientId: program } = caller;
  const request = requestOf(call);
  const posted = postedPrompt(wish);
  const principal = namedPrincipal(name);
  const normalized = await normalizePosted(posted, { request, settings, principal });
  if (normalized.request === null) return failed(problemText(normalized.problems));
  const isConfirmed =
    wish.isForeign &&
    (await principalClient(env, { principal: name, origin }).isConfirmed(
      await fingerprint(posted),
    ));
  const acceptance = { env, settings, request, principal, program, posted, normalized };
  const { created } = await createRun(acceptance, wish.isForeign && !isConfirmed);
  return created.id;
}

/**
 * A prompt document from an address. Counted: what is read may be no prompt, and so become no run
 * that would be.
 * @throws Fault `rate_limited`, `reference_failed`, `unsupported_media_type`, `too_large`, `not_text`,
 *   and those of the guarded fetch
 */
export async function promptAt(url: string, call: McpCall): Promise<string> {
  const { env, settings, caller } = call;
  const principal = namedPrincipal(caller.principal);
  const release = await admitLook(requestOf(call), env, settings, principal);
  return readPromptAt(url, call).finally(release);
}

async function readPromptAt(url: string, call: McpCall): Promise<string> {
  const { env, settings, caller, context } = call;
  const { origin } = caller;
  const isTrusted = isOfThisServer(caller.principal);
  const { forPrompts } = network({ env, settings, origin, isTrusted });
  const { signal } = context.mcpReq;
  const source = await documentSource(url, MAX_DOCUMENT, { fetch: forPrompts }, signal);
  const { status = 200, contentType, cut, bytes } = source;
  if (status >= 300) throw new Fault('reference_failed', `The address answered with ${status}.`);
  if (/^text\/html\b/i.test(contentType)) {
    const message = 'That is a web page. Give the address of the Markdown document itself.';
    throw new Fault('unsupported_media_type', message);
  }
  if (cut) throw new Fault('too_large', `A prompt has at most ${MAX_DOCUMENT} bytes.`);
  return documentText(bytes);
}

function postedPrompt(wish: RunWish): PostedPrompt {
  const { prompt, input, overrides = {}, user = '', idempotency_key: key } = wish;
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  const once = idempotencyKey([key ?? null]);
  return {
    text: checkedDocument(prompt),
    inputs: { overrides: Object.fromEntries(given), ...(input === undefined ? {} : { input }) },
    user: userOf(user),
    ...(once === undefined ? {} : { idempotencyKey: once }),
  };
}

/** What must be mended, a line each, in the places of the document. */
function problemText(problems: readonly Problem[]): string {
  const lines = problems
    .filter(({ severity }) => severity === 'error')
    .map(({ code, message, at }) => {
      const place = at === undefined ? '' : `line ${at.line}, column ${at.column}: `;
      return `${place}${message} (${code})`;
    });
  return ['The prompt has problems that must be fixed first.', ...lines].join('\n');
}

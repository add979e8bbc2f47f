import { referencedSecrets } from '../../normalize/secrets.ts';
import type { CompletionRequest, ToolServer } from '../../normalize/request.ts';
import { renderConfirmation } from '../../publish/render-confirmation.ts';
import type { NamedServer } from '../../publish/render-confirmation.ts';
import type { Acceptance } from './create-run.ts';
import { wantsPage } from '../../connect/accept.ts';
import { knownRequest } from '../principal/known-request.ts';
import type { KnownRequest } from '../principal/known-request.ts';
import type { PostedPrompt } from './read-prompt.ts';
import { html } from '../../connect/responses.ts';
import { signed, unsigned } from '../../connect/signed.ts';

/**
 * Documents that came from elsewhere. One click on a link must not send its reader's secrets and
 * logins to servers that the link names: such a document runs without any of them until its reader
 * has seen the list and said so, once for exactly this document.
 * @see spec/identity.md, Documents from elsewhere
 */

/** Milliseconds that the page may stay open. */
const PAGE_MS = 3_600_000;

/** What becomes of a suggested document: how it runs, or the page that asks first. */
export type Decision =
  | { readonly kind: 'run'; readonly isSuggested: boolean }
  | { readonly kind: 'ask'; readonly page: Response };

/** Decides for a posted prompt; one that its sender wrote just runs. */
export async function decide({
  posted,
  normalized,
  request,
  env,
  settings,
}: Acceptance): Promise<Decision> {
  if (posted.isSuggested !== true) return { kind: 'run', isSuggested: false };
  const wanted = normalized.request;
  const known = await knownRequest(request, env, settings);
  if (known === null || wanted === null || !asksForMore(wanted)) {
    return { kind: 'run', isSuggested: true };
  }
  const document = await fingerprint(posted);
  const isConfirmed = await known.own.isConfirmed(document);
  const decision = isConfirmed ? 'with' : await decisionIn(posted, known, document);
  if (decision === 'with') {
    if (!isConfirmed) await known.own.confirm(document);
    return { kind: 'run', isSuggested: false };
  }
  if (decision === 'without' || !wantsPage(request)) return { kind: 'run', isSuggested: true };
  return { kind: 'ask', page: await asking(posted, wanted, known, document) };
}

/** Whether the document would use anything that is its reader's. */
function asksForMore({ servers, callback }: CompletionRequest): boolean {
  return callback !== undefined || servers.some(isForeign);
}

/** A server of the operator is in every run; our own ones know nobody, unless given a secret. */
function isForeign(server: ToolServer): boolean {
  if (server.from === 'operator') return false;
  return !server.url.startsWith('/') || secretsOf(server).length > 0;
}

function secretsOf({ headers, authorization = '' }: ToolServer): readonly string[] {
  return [...new Set([authorization, ...Object.values(headers)].flatMap(referencedSecrets))];
}

/** What the reader pressed, if it was on our page, about this document, and as this principal. */
async function decisionIn(
  { confirmation }: PostedPrompt,
  { settings, principal }: KnownRequest,
  document: string,
): Promise<string | null> {
  const { token = '', decision = '' } = confirmation ?? {};
  const fields = await unsigned(settings.idKey, 'confirm', token);
  return fields?.[0] === principal && fields[1] === document ? decision : null;
}

async function asking(
  posted: PostedPrompt,
  { servers, callback }: CompletionRequest,
  known: KnownRequest,
  document: string,
): Promise<Response> {
  const logins = await known.own.list();
  const token = await signed(known.settings.idKey, 'confirm', {
    fields: [known.principal, document],
    until: Date.now() + PAGE_MS,
  });
  const named = servers.filter(isForeign).map((server): NamedServer => ({
    url: server.url,
    hasLogin: logins.some(({ target }) => sameAddress(target.url, server.url)),
    secrets: secretsOf(server),
  }));
  const fields = { ...fieldsOf(posted), suggested: '1', confirm: token };
  return html(renderConfirmation({ servers: named, callback: callback?.url ?? null, fields }));
}

function sameAddress(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).href === new URL(other).href;
}

/** The document and everything that decides how it runs. */
export async function fingerprint({ text, inputs, user = '' }: PostedPrompt): Promise<string> {
  const overrides = Object.entries(inputs.overrides ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  // Browsers end lines of form fields with CRLF, so the same field comes back otherwise. Done before
  // anything is escaped: a backslash of the document must not take part in it.
  const whole = JSON.stringify([text, overrides, inputs.input ?? {}, user], (_, value: unknown) =>
    typeof value === 'string' ? value.replaceAll('\r\n', '\n') : value,
  );
  const bytes = new TextEncoder().encode(whole);
  const hash = await crypto.subtle.digest('SHA-256', bytes);
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The posted form once more. */
function fieldsOf({
  text,
  inputs,
  user = '',
  idempotencyKey,
}: PostedPrompt): Record<string, string> {
  const overrides = Object.entries(inputs.overrides ?? {}).map(
    ([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ],
  );
  return {
    ...Object.fromEntries(overrides),
    ...(inputs.input === undefined ? {} : { input: JSON.stringify(inputs.input) }),
    ...(user === '' ? {} : { user }),
    ...(idempotencyKey === undefined ? {} : { idempotency_key: idempotencyKey }),
    prompt: text,
  };
}

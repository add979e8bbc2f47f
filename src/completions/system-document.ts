import { normalizePrompt } from '../normalize/normalize-prompt.ts';
import type {
  CompletionRequest,
  NormalizeContext,
  Normalized,
  ToolServer,
} from '../normalize/request.ts';
import { uniqueLabel } from '../normalize/server-url.ts';
import { parsePrompt } from '../parse/parse-prompt.ts';
import type { PromptDocument } from '../parse/document.ts';
import { hasError } from '../parse/problem.ts';
import type { ChatMessage } from '../protocol/chat.ts';

/** A system message that is a prompt document: it begins with settings. */
export interface SystemDocument {
  /** Place among the messages. */
  readonly index: number;
  readonly document: PromptDocument;
}

/** Stands for the prompt of a document that has settings only. */
const NO_BODY = 'chat';

/**
 * The first system message, when it begins with settings.
 * @see spec/completions.md CC-23
 */
export function systemDocument(messages: readonly ChatMessage[]): SystemDocument | null {
  // `developer` is what newer clients call it.
  const index = messages.findIndex(({ role }) => ['system', 'developer'].includes(role));
  const content: unknown = messages[index]?.content;
  if (typeof content !== 'string' || !/^\uFEFF?---[ \t]*\r?\n/.test(content)) return null;
  const document = parsePrompt(content);
  const isRule = document.frontmatter === null && !hasError(document.problems);
  return isRule ? null : { index, document };
}

/**
 * Normalizes the document under what the request itself says.
 * @returns the problems, and a request whose messages are those of the conversation
 */
export function withDocument(
  { index, document }: SystemDocument,
  messages: readonly ChatMessage[],
  context: NormalizeContext,
  overrides: Readonly<Record<string, unknown>>,
): Normalized {
  const hasBody = document.body.trim() !== '';
  const whole = hasBody ? document : parsePrompt(`${document.text}\n\n${NO_BODY}`);
  const normalized = normalizePrompt(whole, context, { overrides });
  const { request } = normalized;
  if (request === null) return normalized;
  const said = hasBody ? request.messages : request.messages.slice(0, -1);
  const role = messages[index]?.role ?? 'system';
  return {
    ...normalized,
    request: { ...request, messages: messages.toSpliced(index, 1, ...asSystem(said, role)) },
  };
}

/** What the document says is the system's; a template with roles keeps its turns as examples. */
function asSystem(said: readonly ChatMessage[], role: string): readonly ChatMessage[] {
  const [first] = said;
  const texts = said.flatMap((each) => (typeof each.content === 'string' ? [each.content] : []));
  const isOneText = texts.length === said.length;
  if (first === undefined || !isOneText || said.some((each) => each.role === 'assistant')) {
    return said;
  }
  const content = texts.join('\n\n');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the role that the caller chose
  return [{ role, content } as ChatMessage];
}

/** The request with servers and context that were found in another text. */
export function withFound(request: CompletionRequest, found: CompletionRequest): CompletionRequest {
  const known = new Set(request.servers.map(({ url }) => url));
  const servers = found.servers.filter(({ url, from }) => from === 'body' && !known.has(url));
  const taken = new Set(request.servers.map(({ label }) => label));
  return {
    ...request,
    servers: [...request.servers, ...servers.map((server) => relabelled(server, taken))],
    references: [...request.references, ...found.references],
    urls: found.urls,
  };
}

function relabelled(server: ToolServer, taken: Set<string>): ToolServer {
  const label = uniqueLabel(server.label, taken);
  taken.add(label);
  return { ...server, label };
}

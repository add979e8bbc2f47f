/**
 * The prompt format as a library: text in, plain data out. Nothing is fetched, no clock is read and
 * nothing of a platform is used, so it runs in Node, workerd, Deno, Bun and browsers. (Deno wants
 * `--allow-env`: the `yaml` package looks for a variable of its own.)
 *
 * ```ts
 * import { normalizePrompt, parsePrompt } from 'markdownops';
 *
 * const document = parsePrompt('---\nmodel: gpt-5\n---\nSay hello.');
 * const { request, problems } = normalizePrompt(document, {
 *   providers: [{ id: 'openai', defaultModel: 'gpt-5' }],
 * });
 * ```
 *
 * @see spec/prompt-format.md
 * @module
 */

export { normalizePrompt } from './normalize/normalize-prompt.ts';
export { parsePrompt } from './parse/parse-prompt.ts';

export type {
  AllowedTools,
  ApprovalPolicy,
  CompletionRequest,
  Limits,
  ModelChoice,
  NormalizeContext,
  Normalized,
  NormalizeInputs,
  OutputSpec,
  ProviderChoice,
  RequestReference,
  SettingSource,
  ToolFilter,
  ToolServer,
  UrlPolicy,
} from './normalize/request.ts';
export type {
  Frontmatter,
  FrontmatterEntry,
  PromptDocument,
  Reference,
  ReferenceForm,
} from './parse/document.ts';
export type { Position, Problem, Severity } from './parse/problem.ts';
export type { ChatMessage } from './protocol/chat.ts';
export type { Json, JsonObject } from './protocol/json.ts';

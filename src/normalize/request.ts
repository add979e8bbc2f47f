import type { Problem, Severity } from '../parse/problem.ts';
import type { ChatMessage, ChatTool } from '../protocol/chat.ts';
import type { JsonObject } from '../protocol/json.ts';
import type { ModelPrice } from '../protocol/price.ts';

/** Where the value of a setting came from, for `explain`. */
export interface SettingSource {
  readonly from: 'request' | 'frontmatter' | 'server' | 'default';
  /** Line in the source, when it came from the frontmatter. */
  readonly line?: number;
}

/** A tool server that the run connects to. Secrets in it are references, never values. */
export interface ToolServer {
  /** Unique in the run; the first half of the tool names that the model sees. */
  readonly label: string;
  /** Absolute URL, or a path on this server such as `/demo/mcp`; of the operator's only the origin. */
  readonly url: string;
  readonly type: 'mcp' | 'openapi';
  readonly description?: string;
  /** Header values may hold `${env:NAME}`; resolved only when the server is called. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bearer token, a secret reference as in `headers`. */
  readonly authorization?: string;
  /** Tools that may be used; all when absent. */
  readonly allowed_tools?: AllowedTools;
  readonly require_approval: ApprovalPolicy;
  /** `body`: found only in the prose, so it may turn out to be a document. */
  readonly from: 'frontmatter' | 'body' | 'request' | 'operator';
  /** Place in the operator's list, from 0, where the whole address stands. */
  readonly operator?: number;
  /** Line in the source. */
  readonly line?: number;
}

/** Tools that fit all that is said here, as OpenAI's filter. @see spec/prompt-format.md TOOL-15 */
export interface ToolFilter {
  /** Names, `*` as wildcard. */
  readonly tool_names?: readonly string[];
  /** Only tools whose server says that they only read, or only the others. */
  readonly read_only?: boolean;
}

/** A filter, or its names alone. */
export type AllowedTools = readonly string[] | ToolFilter;

/** Which calls wait for the owner, as in OpenAI's `require_approval`. */
export type ApprovalPolicy =
  | 'never'
  | 'always'
  | { readonly always?: ToolFilter; readonly never?: ToolFilter };

/** A URL of the body and what was decided about it. */
export interface RequestReference {
  /** Absolute URL, or a path on this server. */
  readonly url: string;
  readonly as: 'context' | 'server' | 'ignored';
  /** One short sentence. */
  readonly why: string;
  readonly line?: number;
  /** Take only the section under this heading. */
  readonly section?: string;
}

/** How context is taken from URLs. */
export interface UrlPolicy {
  readonly policy: 'mentions' | 'all' | 'leading' | 'none';
  /** At most so many URLs are read. */
  readonly max_urls: number;
  /** Bytes of one document after decompression; the rest is cut, visibly. */
  readonly max_bytes: number;
  /** Estimated tokens of all context together; the rest is cut, visibly. */
  readonly max_tokens: number;
  /** Seconds for one URL. */
  readonly timeout: number;
  /** A document that cannot be read is a note to the model, or ends the run. */
  readonly on_error: 'note' | 'fail';
  /** HTML as readable Markdown, or as it is. */
  readonly html: 'markdown' | 'raw';
  /** Host → the host that is read in its place, for sites with a copy that is better to read. */
  readonly shadow: Readonly<Record<string, string>>;
}

/** What a run may use. Each limit is a stop reason of its own. */
export interface Limits {
  /** Model steps. */
  readonly max_steps: number;
  readonly max_tool_calls: number;
  /** Sum of `total_tokens` over the steps; no limit when null. */
  readonly max_total_tokens: number | null;
  /** US dollars; no limit when null. */
  readonly max_cost: number | null;
  /** Seconds from the start of the run. */
  readonly timeout: number;
}

/** What the answer should be. */
export interface OutputSpec {
  readonly format: 'markdown' | 'text' | 'json' | 'html' | 'csv' | 'yaml' | 'code';
  /** JSON Schema that the answer has to fit. */
  readonly schema?: JsonObject;
  /** `first` or `last` for a fenced block of the answer, or the path that one names. */
  readonly extract?: string;
}

/** One model to ask: the id of a configured provider and the name it knows the model by. */
export interface ModelChoice {
  readonly provider: string;
  readonly model: string;
  /** What it cost when the run was accepted; absent where nobody knows. */
  readonly price?: ModelPrice;
}

/**
 * A prompt fully decided: what will be sent to which model with which tools under which limits.
 * A pure function of the document, its inputs and the server's settings, and plain JSON.
 */
export interface CompletionRequest {
  readonly version: 1;
  /** In order of preference; never empty. */
  readonly models: readonly ModelChoice[];
  /** System messages, then the prompt. Context is put before the prompt when the run starts. */
  readonly messages: readonly ChatMessage[];
  /** Fields sent to the provider as they are: `temperature`, `max_tokens`, `tool_choice`, … */
  readonly parameters: JsonObject;
  readonly servers: readonly ToolServer[];
  /** Functions of the caller: the model may ask for them, and the run ends for the caller to run them. */
  readonly functions?: readonly ChatTool[];
  readonly references: readonly RequestReference[];
  readonly urls: UrlPolicy;
  readonly allowed_tools?: AllowedTools;
  readonly disallowed_tools?: readonly string[];
  readonly output: OutputSpec;
  readonly limits: Limits;
  readonly profile: string;
  readonly on_auth: 'wait' | 'link' | 'fail';
  /** Keep without limit, or 24 hours; null lets the server decide by whether a login was used. */
  readonly store: boolean | null;
  /** Exact lifetime in seconds, wins over `store`; `Infinity` is spelled `'never'`. */
  readonly ttl: number | 'never' | null;
  readonly publish: 'full' | 'answer' | null;
  readonly callback?: { readonly url: string; readonly events?: readonly string[] };
  readonly name?: string;
  readonly title?: string;
  readonly description?: string;
  readonly prompt_version?: string;
  readonly metadata?: JsonObject;
  /** Values of the declared inputs. */
  readonly input: JsonObject;
  /** Settings of other tools, kept but not acted on. */
  readonly ext: JsonObject;
  /** Setting name → where its value came from. */
  readonly sources: Readonly<Record<string, SettingSource>>;
}

/** What the server brings to the normalization of a prompt. */
export interface NormalizeContext {
  /** Configured providers in order of preference; the first is the default. */
  readonly providers: readonly ProviderChoice[];
  /** Origins that are this server, so that its full URLs become paths. */
  readonly ownOrigins?: readonly string[];
  /** Tool servers that the operator adds to every run. */
  readonly operatorServers?: readonly string[];
  /** Upper bounds and defaults that a prompt cannot exceed. */
  readonly limits?: Partial<Limits>;
  /** What a model costs, null where nobody knows; left out where there is no list of prices. */
  readonly priceOf?: (choice: ModelChoice) => ModelPrice | null;
  /** The document's path, where it has one: it says which tool the file was written for. */
  readonly path?: string;
}

/** A provider as the normalizer needs to know it. */
export interface ProviderChoice {
  readonly id: string;
  /** Its base URL, by which a prompt may name it too. */
  readonly url?: string;
  /** The model used when a prompt names none. */
  readonly defaultModel: string;
  /** All models it has, when that is known; any other name is then a problem. */
  readonly models?: readonly string[];
  /** Whether it says itself what each step cost. */
  readonly statesCost?: boolean;
}

/** What comes with the document: inputs and settings that override the frontmatter. */
export interface NormalizeInputs {
  /** Values of the declared variables, by name; texts become what the declaration wants. */
  readonly input?: Readonly<Record<string, unknown>>;
  /** Settings by any spelling of their key; stronger than the frontmatter. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

/** The outcome of normalization: a request exactly when no problem is an error. */
export interface Normalized {
  readonly request: CompletionRequest | null;
  /** The document's own problems and those found here, in source order. */
  readonly problems: readonly Problem[];
  /** The worst severity, for callers that only branch. */
  readonly worst: Severity | null;
}

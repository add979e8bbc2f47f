import { explain, whyServer } from '../../../normalize/explain.ts';
import { normalizePrompt } from '../../../normalize/normalize-prompt.ts';
import type { Normalized, ProviderChoice } from '../../../normalize/request.ts';
import type { FrontmatterEntry, PromptDocument } from '../../../parse/document.ts';
import { parsePrompt } from '../../../parse/parse-prompt.ts';
import type { Position, Problem, Severity } from '../../../parse/problem.ts';
import { isObject } from '../../../protocol/json.ts';
import { LineIndex } from './line-index.ts';

/** What the page tells the editor about the server that would run the prompt. */
export interface EditorContext {
  /** None when the server does not tell its reader. */
  readonly providers: readonly ProviderChoice[];
  readonly ownOrigins: readonly string[];
}

/** A stretch of the text, as offsets in UTF-16 code units; the end is not part of it. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** A problem of the prompt and what is underlined for it; nothing when it has no place. */
export interface FoundProblem {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly at: Position | null;
  readonly stretch: Stretch | null;
}

/** An address that the prompt names, and what it was taken for. */
export interface FoundAddress {
  /** Absolute URL, or a path on the server that runs the prompt. */
  readonly url: string;
  readonly as: 'context' | 'server' | 'ignored';
  /** One short sentence. */
  readonly why: string;
  readonly line: number | null;
  /** The name of a tool server in the run. */
  readonly label: string | null;
  /** Where it stands in the text; null where it is written in another way. */
  readonly stretch: Stretch | null;
}

/** A setting of the frontmatter, as its author spelled it. */
export interface FoundSetting {
  readonly key: string;
  /** Plain data of YAML 1.2. */
  readonly value: unknown;
  readonly at: Position;
  readonly valueAt: Position;
}

/** What a text means as a prompt; plain data that a worker can send. */
export interface Analysis {
  /** The text that this is about. */
  readonly text: string;
  readonly problems: readonly FoundProblem[];
  readonly addresses: readonly FoundAddress[];
  /** In the order of the frontmatter; empty without one, and where it cannot be read. */
  readonly settings: readonly FoundSetting[];
  /** The model that would be asked first, as `provider/model`; null when that is not known. */
  readonly model: string | null;
  /** Estimated tokens of the messages, without context and tools; null when there is an error. */
  readonly promptTokens: number | null;
}

/** Stands for the providers of a server that does not tell which it has. */
const SOME_PROVIDER: ProviderChoice = { id: 'server', defaultModel: 'default' };

/** Problems that only a reader who knows the providers can be told of. */
const ABOUT_PROVIDERS = new Set(['no_provider', 'unknown_provider', 'unknown_model']);

/**
 * Reads a text as the server would read it: the same parser, the same rules, the same problems.
 * Pure; runs in a worker of the page, in Node and wherever else.
 */
export function analyse(text: string, context: EditorContext): Analysis {
  const { providers, ownOrigins } = context;
  const isTold = providers.length > 0;
  const document = parsePrompt(text);
  const normalized = normalizePrompt(document, {
    providers: isTold ? providers : [SOME_PROVIDER],
    ownOrigins,
  });
  // A byte order mark is in the text and in no position.
  const cut = text.length - document.text.length;
  const lines = new LineIndex(document.text, cut);
  const problems = normalized.problems
    .filter(({ code }) => isTold || !ABOUT_PROVIDERS.has(code))
    .map((problem) => foundProblem(problem, lines));
  const choice = normalized.request?.models[0];
  return {
    text,
    problems,
    addresses: foundAddresses(document, normalized, lines),
    settings: (document.frontmatter?.entries ?? []).map(foundSetting),
    model: isTold && choice !== undefined ? `${choice.provider}/${choice.model}` : null,
    promptTokens: promptTokensOf(normalized),
  };
}

function foundProblem({ code, severity, message, at }: Problem, lines: LineIndex): FoundProblem {
  const stretch = at === undefined ? null : lines.wordAt(at);
  return { code, severity, message, at: at ?? null, stretch };
}

/** Tool servers first, in the order of the run, then the other addresses in the order of the text. */
function foundAddresses(
  document: PromptDocument,
  { request }: Normalized,
  lines: LineIndex,
): FoundAddress[] {
  const stretches = new Map(
    document.references.map(({ url, at, start, end }): [string, Stretch] => {
      const first = lines.offsetAt(at);
      return [`${at.line} ${url}`, { start: first, end: first + end - start }];
    }),
  );
  const stretchOf = (url: string, line?: number) => {
    if (line === undefined) return null;
    // In the settings the scheme may be left out.
    const short = url.replace(/^https:\/\/|\/$/g, '');
    return stretches.get(`${line} ${url}`) ?? lines.find(line, url) ?? lines.find(line, short);
  };
  const servers = (request?.servers ?? []).map((server): FoundAddress => {
    const { url, label, line } = server;
    const why = whyServer(server);
    return { url, as: 'server', why, label, line: line ?? null, stretch: stretchOf(url, line) };
  });
  const named = new Set(servers.map(({ url }) => url));
  const others = (request?.references ?? [])
    .filter(({ as, url }) => as !== 'server' || !named.has(url))
    .map(({ url, as, why, line }): FoundAddress => {
      return { url, as, why, label: null, line: line ?? null, stretch: stretchOf(url, line) };
    });
  return [...servers, ...others];
}

function foundSetting({ key, value, at, valueAt }: FrontmatterEntry): FoundSetting {
  return { key, value, at, valueAt };
}

function promptTokensOf(normalized: Normalized): number | null {
  const estimate = explain(normalized)['estimate'];
  const tokens = isObject(estimate) ? estimate['prompt_tokens'] : null;
  return typeof tokens === 'number' ? tokens : null;
}

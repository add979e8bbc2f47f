import type { PromptDocument } from '../parse/document.ts';
import { hasError, type Problem, type Severity } from '../parse/problem.ts';
import type { JsonObject } from '../protocol/json.ts';
import { decideReferences, isTemplate, withinMaxUrls, withoutTagReferences } from './body.ts';
import { readCallback } from './callback.ts';
import { type Adopted, adoptDocument, adoptReferences } from './families/adopt.ts';
import { Settings } from './given.ts';
import { readInput } from './input.ts';
import { readLimits } from './limits.ts';
import { buildMessages } from './messages.ts';
import { resolveModels } from './models.ts';
import { readOutput, responseFormat, withJsonNamed } from './output.ts';
import { readParameters } from './parameters.ts';
import type {
  CompletionRequest,
  Limits,
  NormalizeContext,
  NormalizeInputs,
  Normalized,
  RequestReference,
  SettingSource,
  UrlPolicy,
} from './request.ts';
import { bodyServers, joinServers, operatorServers } from './servers.ts';
import { SimpleSettings } from './simple-settings.ts';
import { toJsonObject } from './setting-type.ts';
import { readTools } from './tools.ts';
import { reportUnpriced } from './unpriced.ts';
import { readUrls } from './urls.ts';

/**
 * Decides everything about a prompt that can be decided before anything is fetched: models,
 * messages, tool servers, references, limits. A pure function: same document, inputs and context,
 * same request.
 *
 * @param document what `parsePrompt` read
 * @param context what the server brings: providers, bounds, its own addresses
 * @param inputs values for the variables, and settings that win over the frontmatter
 * @returns the request exactly when no problem is an error, and all problems in source order
 * @see spec/prompt-format.md
 */
export function normalizePrompt(
  document: PromptDocument,
  context: NormalizeContext,
  inputs: NormalizeInputs = {},
): Normalized {
  if (hasError(document.problems)) {
    return conclude(document.problems, null);
  }
  const adopted = adoptDocument(document, context.path, inputs);
  const settings = new Settings(adopted, inputs);
  settings.problems.push(...adopted.problems);
  const simple = new SimpleSettings(settings);
  const strict = simple.flag('strict') === true;
  const request = buildRequest(adopted, settings, { ...context, simple }, inputs);
  reportUnpriced(settings, request, context);
  const problems = [...document.problems, ...settings.problems].toSorted(inSourceOrder);
  return conclude(strict ? problems.map(asError) : problems, request);
}

function conclude(problems: readonly Problem[], request: CompletionRequest | null): Normalized {
  const order: readonly Severity[] = ['error', 'warning', 'info'];
  const worst = order.find((severity) => problems.some((problem) => problem.severity === severity));
  return { request: hasError(problems) ? null : request, problems, worst: worst ?? null };
}

/** By position; problems without one, about the request or the whole, come last. */
function inSourceOrder(a: Problem, b: Problem): number {
  const line = (a.at?.line ?? Infinity) - (b.at?.line ?? Infinity);
  const column = (a.at?.column ?? 0) - (b.at?.column ?? 0);
  return Number.isNaN(line) || line === 0 ? column : line;
}

function asError(problem: Problem): Problem {
  return problem.severity === 'warning' ? { ...problem, severity: 'error' } : problem;
}

function buildRequest(
  { document: whole, stacked }: Adopted,
  settings: Settings,
  context: NormalizeContext & { readonly simple: SimpleSettings },
  inputs: NormalizeInputs,
): CompletionRequest {
  const { ownOrigins = [], simple } = context;
  const input = readInput(settings, inputs.input ?? {});
  const template = isTemplate(whole, input, context.path);
  const document = template ? withoutTagReferences(whole) : whole;
  const urls = readUrls(settings);
  const output = readOutput(settings, context.path);
  const limits = readLimits(settings, context.limits);
  const servers = joinServers(
    settings,
    [
      ...readTools(settings, ownOrigins),
      ...bodyServers(document.references, ownOrigins),
      ...operatorServers(context),
    ],
    simple.approval(),
  );
  const parameters = {
    ...responseFormat(output, simple.text('name')),
    ...readParameters(settings),
  };
  const system = simple.text('system') ?? '';
  const messages = buildMessages(settings, { document, input, system, isTemplate: template });
  return {
    version: 1,
    models: resolveModels(settings, context),
    messages: withJsonNamed(messages, parameters),
    parameters,
    servers,
    references: readReferences(settings, document, urls, { stacked, ownOrigins }),
    urls,
    output,
    limits,
    ...simple.tail(readCallback(settings)),
    input: withoutInner(input.values, settings),
    ext: extOf(settings),
    sources: sourcesOf(settings, context.limits ?? {}),
  };
}

/** What each URL of the text is taken for; context that is left out is said. */
function readReferences(
  settings: Settings,
  document: PromptDocument,
  { policy, max_urls: max }: UrlPolicy,
  { stacked, ownOrigins }: { stacked: ReadonlyMap<string, string>; ownOrigins: readonly string[] },
): readonly RequestReference[] {
  const decided = decideReferences(document.references, policy, ownOrigins);
  const isAsked = settings.given('urls').length > 0;
  const references = isAsked ? decided : adoptReferences(decided, stacked);
  const context = references.filter(({ as }) => as === 'context');
  const line = context[max]?.line;
  if (context.length > max) {
    const message = `The text has ${context.length} URLs that would be read, but max_urls is ${max}: the others are left out.`;
    const at = line === undefined ? undefined : { line, column: 1 };
    settings.report('warning', 'too_many_urls', message, at);
  }
  return withinMaxUrls(references, max);
}

/** What the run shows as its inputs: variables that stand for parts of them are nobody's. */
function withoutInner(values: JsonObject, settings: Settings): JsonObject {
  const { inner } = settings.placeholders;
  return Object.fromEntries(Object.entries(values).filter(([name]) => !inner.has(name)));
}

function extOf(settings: Settings): JsonObject {
  return toJsonObject(Object.fromEntries(settings.ext));
}

/** Where every setting came from that somebody gave or that has a default. */
function sourcesOf(settings: Settings, limits: Partial<Limits>): Record<string, SettingSource> {
  const defaults: readonly string[] = ['model', 'urls', 'output', 'profile', 'on_auth', 'strict'];
  const limited: readonly (keyof Limits)[] = [
    'max_steps',
    'max_tool_calls',
    'max_total_tokens',
    'max_cost',
    'timeout',
  ];
  const entries: [string, SettingSource][] = [
    ...limited.map((key): [string, SettingSource] => [
      key,
      settings.source(key, limits[key] === undefined ? 'default' : 'server'),
    ]),
    ...defaults.map((key): [string, SettingSource] => [
      key,
      settings.source(key, key === 'model' ? 'server' : 'default'),
    ]),
    ...settings
      .keys()
      .map((key): [string, SettingSource] => [key, settings.source(key, 'default')]),
  ];
  return Object.fromEntries(entries);
}

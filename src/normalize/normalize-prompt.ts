import type { PromptDocument } from '../parse/document.ts';
import { hasError, type Problem, type Severity } from '../parse/problem.ts';
import type { ChatMessage } from '../protocol/chat.ts';
import type { JsonObject } from '../protocol/json.ts';
import { decideReferences, promptText } from './body.ts';
import { readCallback } from './callback.ts';
import { Settings } from './given.ts';
import { depthProblem } from './input-depth.ts';
import { type Input, propertiesOf, readInput } from './input.ts';
import { readLimits } from './limits.ts';
import { resolveModels } from './models.ts';
import { reportNotYet } from './not-yet.ts';
import { readOutput, responseFormat, withJsonNamed } from './output.ts';
import { readParameters } from './parameters.ts';
import type {
  CompletionRequest,
  Limits,
  NormalizeContext,
  NormalizeInputs,
  Normalized,
  SettingSource,
} from './request.ts';
import { bodyServers, joinServers, operatorServers } from './servers.ts';
import { SimpleSettings } from './simple-settings.ts';
import { renderTemplate } from './template.ts';
import { toJsonObject } from './setting-type.ts';
import { readTools } from './tools.ts';
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
  const refused = depthProblem(inputs);
  if (refused !== null) {
    return conclude([...document.problems, refused], null);
  }
  if (hasError(document.problems)) {
    return conclude(document.problems, null);
  }
  const settings = new Settings(document, inputs);
  const simple = new SimpleSettings(settings);
  const strict = simple.flag('strict') === true;
  const request = buildRequest(document, settings, { ...context, simple }, inputs);
  reportNotYet(settings, request);
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
  document: PromptDocument,
  settings: Settings,
  context: NormalizeContext & { readonly simple: SimpleSettings },
  inputs: NormalizeInputs,
): CompletionRequest {
  const { ownOrigins = [], simple } = context;
  const input = readInput(settings, inputs.input ?? {});
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
  return {
    version: 1,
    models: resolveModels(settings, context),
    messages: withJsonNamed(buildMessages(document, settings, input, simple), parameters),
    parameters,
    servers,
    references: decideReferences(document.references, urls.policy, ownOrigins),
    urls,
    output,
    limits,
    ...simple.tail(readCallback(settings)),
    input: input.values,
    ext: extOf(settings),
    sources: sourcesOf(settings, context.limits ?? {}),
  };
}

function extOf(settings: Settings): JsonObject {
  return toJsonObject(settings.ext);
}

function buildMessages(
  document: PromptDocument,
  settings: Settings,
  input: Input,
  simple: SimpleSettings,
): ChatMessage[] {
  const prompt = promptText(document);
  const rendered = [simple.text('system') ?? '', prompt].map((text) =>
    renderTemplate(text, input.names, input.values),
  );
  const [systemText = '', text = ''] = rendered.map((part) => part.text.trim());
  reportTags(
    settings,
    rendered.flatMap((part) => part.undeclared),
    rendered.flatMap((part) => part.helpers),
  );
  const unused = input.undeclared.filter((name) => rendered.every(({ used }) => !used.has(name)));
  reportUnused(settings, input, unused);
  // A prompt that is empty only because values are missing has that problem already.
  if (prompt === '' || (text === '' && !hasError(settings.problems))) {
    settings.report('error', 'empty_prompt', emptyMessage(document));
  }
  const messages: ChatMessage[] = [{ role: 'user', content: text }];
  return systemText === '' ? messages : [{ role: 'system', content: systemText }, ...messages];
}

function emptyMessage(document: PromptDocument): string {
  if (document.references.length > 0) {
    return 'The prompt names tool servers, but does not say what to do.';
  }
  return document.frontmatter === null
    ? 'The prompt is empty.'
    : 'The document has settings, but no prompt under them.';
}

function reportTags(
  settings: Settings,
  undeclared: readonly string[],
  helpers: readonly string[],
): void {
  if (undeclared.length > 0) {
    const message = `Not declared under input, so left as they are: ${listed(undeclared, 'name')}.`;
    settings.report('warning', 'undeclared_variable', message);
  }
  if (helpers.length > 0) {
    const message = `Template tags that are not supported, so left as they are: ${listed(helpers, 'tag')}.`;
    settings.report('warning', 'template_helper', message);
  }
}

/** A mistyped name would otherwise leave a default in force without a word. */
function reportUnused(settings: Settings, input: Input, unused: readonly string[]): void {
  const has = Object.keys(propertiesOf(input.schema)).slice(0, 10).join(', ');
  for (const name of new Set(unused)) {
    const message = `The prompt does not use the input ${name.slice(0, 100)}. Its inputs: ${has}.`;
    settings.report('warning', 'unused_input', message);
  }
}

function listed(names: readonly string[], kind: 'name' | 'tag'): string {
  const shown = [...new Set(names)].slice(0, 10).map((name) => `{{${name}}}`);
  const more = new Set(names).size - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more ${kind}s` : '');
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

import type { FrontmatterEntry } from '../../parse/document.ts';
import { looksLikeMcp } from '../../parse/url-shape.ts';
import { isObject } from '../../protocol/json.ts';
import { readServerAddress } from '../server-url.ts';
import { words } from '../words.ts';
import type { Draft } from './draft.ts';

/** Functions that Claude Code has built in, perhaps with a pattern in brackets behind. */
const CLAUDE =
  /^(?:Agent|AskUserQuestion|Bash|BashOutput|Edit|ExitPlanMode|Glob|Grep|KillShell|LS|MultiEdit|NotebookEdit|NotebookRead|Read|Skill|SlashCommand|Task|TaskCreate|TaskList|TaskUpdate|TodoRead|TodoWrite|WebFetch|WebSearch|Write|mcp__[\w-]+)(?:\(|$)/;
/** Functions and sets of functions that VS Code and Copilot have built in. */
const EDITOR =
  /^(?:agent|changes|codebase|edit|editFiles|edit\/\w+|execute|extensions|fetch|findTestFiles|githubRepo|new|openSimpleBrowser|problems|read|read\/\w+|runCommands|runNotebooks|runTasks|runTests|search|search\/\w+|searchResults|terminalLastCommand|terminalSelection|testFailure|todo|todos|usages|vscode|vscode\/\w+|vscodeAPI|web|web\/\w+|[\w.-]+\/\*)$/;

/** The texts of a list of tools, in whatever form it is written. */
export function toolTexts(value: unknown): readonly string[] {
  if (typeof value === 'string') {
    return words(value);
  }
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

export function hasClaudeTools(value: unknown): boolean {
  return toolTexts(value).some((name) => CLAUDE.test(name));
}

export function hasEditorTools(value: unknown): boolean {
  return Array.isArray(value) && toolTexts(value).some((name) => EDITOR.test(name));
}

/**
 * Extensions name their functions like hosts, `ms-python.python/runTests`. In a list that holds
 * other names of functions, a text without a scheme is an address only if it looks like one of an
 * MCP server: a guess would send the prompt's tool calls to a stranger's host.
 */
export function adoptToolNames(draft: Draft): void {
  const entry = draft.entry('tools');
  if (entry === undefined || !(typeof entry.value === 'string' || Array.isArray(entry.value))) {
    return;
  }
  const items: readonly unknown[] =
    typeof entry.value === 'string' ? words(entry.value) : entry.value;
  if (items.some((item) => typeof item === 'string' && isHostLike(item))) {
    draft.replace(entry, items.map(asNamed));
  }
}

function asNamed(item: unknown): unknown {
  return typeof item === 'string' && isHostLike(item) ? { type: 'function', name: item } : item;
}

/** Whether a text would be read as an address though nothing says that it is one of a server. */
function isHostLike(text: string): boolean {
  if (/^(?:@?https?:|@?\/)/i.test(text)) {
    return false;
  }
  const url = `https://${text}`;
  const isServer =
    URL.canParse(url) && looksLikeMcp(url) && !new URL(url).hostname.endsWith('.mcp');
  return (readServerAddress(text, []) !== null && !isServer) || /\S\s+\S/.test(text);
}

/** Whether a list of tools holds names of functions beside what could be an address. */
export function isMixedList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    toolTexts(value).some((text) => !text.includes(':') && readServerAddress(text, []) === null)
  );
}

/**
 * `allowed-tools` of a command or a skill says what its tool may do without asking. It is no filter
 * over tool servers, and its names are functions that are not here.
 */
export function adoptAllowedTools(draft: Draft): void {
  const lists = [draft.entry('allowed_tools'), draft.entry('disallowed_tools')];
  for (const entry of lists.filter((found) => hasClaudeTools(found?.value))) {
    if (entry !== undefined) {
      draft.foreign.add(entry.key);
    }
  }
  const [allowed] = lists;
  if (allowed !== undefined && draft.foreign.has(allowed.key)) {
    const names = toolTexts(allowed.value).map((name) => ({ type: 'function', name }));
    addTools(draft, names, [allowed.key]);
    draft.told.add(allowed.key);
  }
}

/** Adds entries to `tools`. */
export function addTools(
  draft: Draft,
  tools: readonly unknown[],
  from: readonly (string | number)[],
): void {
  const entry = draft.entry('tools', 'mcp');
  if (entry === undefined) {
    draft.put('tools', tools, from);
  } else {
    draft.replace(entry, [...listOf(entry), ...tools]);
  }
}

function listOf({ value }: FrontmatterEntry): readonly unknown[] {
  if (Array.isArray(value)) {
    return value;
  }
  return isObject(value) || typeof value === 'string' ? [value] : [];
}

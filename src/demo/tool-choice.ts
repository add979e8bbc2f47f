import type { ChatTool } from '../protocol/chat.ts';
import type { JsonObject } from '../protocol/json.ts';
import { fillArguments } from './argument-filling.ts';
import { cluesIn } from './prompt-clues.ts';

/** A call that the prompt asks for. */
export interface WantedCall {
  readonly name: string;
  readonly arguments: JsonObject;
}

/** The calls that a prompt asks for, and the tools whose arguments it leaves open. */
export interface ToolChoice {
  readonly calls: readonly WantedCall[];
  readonly unfilled: readonly { readonly name: string; readonly missing: string }[];
}

/** A tool that the prompt names, and where. */
interface Match {
  readonly tool: ChatTool;
  readonly start: number;
  readonly end: number;
}

/** Words that say nothing about a tool. */
const EMPTY_WORDS = new Set(
  `a an and any are as at be by can do for from get give given has have how i in input into is it
  its list me my of on or please result return show tell that the this to tool use user using want
  was what which will with you your`.split(/\s+/),
);

/** Words that name the same thing to the rules. */
const SAME: readonly (readonly string[])[] = [
  ['sum', 'add', 'plus', 'total'],
  ['calculate', 'calculator', 'compute', 'evaluate', 'calc'],
  ['time', 'clock', 'hour'],
  ['roll', 'throw'],
  ['dice', 'die'],
  ['echo', 'repeat'],
  ['search', 'find'],
];

/** Which of the offered tools the prompt asks for, with their arguments, in the prompt's order. */
export function chooseTools(prompt: string, tools: readonly ChatTool[]): ToolChoice {
  const matches = matchesIn(prompt, tools);
  const whole = cluesIn(prompt);
  const calls: WantedCall[] = [];
  const unfilled: { name: string; missing: string }[] = [];
  for (const [at, match] of matches.entries()) {
    const { name, parameters } = match.tool.function;
    const from = clauseStart(prompt, match.start, matches[at - 1]?.end ?? 0);
    const next = matches[at + 1];
    const to = next === undefined ? prompt.length : clauseStart(prompt, next.start, match.end);
    const evidence = {
      near: cluesIn(prompt.slice(from, to)),
      whole,
      rest: restOf(prompt.slice(match.end, to), nameWords(match.tool)),
    };
    const filled = fillArguments(parameters, evidence);
    if ('missing' in filled) unfilled.push({ name, missing: filled.missing });
    else calls.push(...filled.calls.map((args) => ({ name, arguments: args })));
  }
  return { calls, unfilled };
}

function matchesIn(prompt: string, tools: readonly ChatTool[]): Match[] {
  const named = tools.flatMap((tool) => matchByName(prompt, tool) ?? []);
  const found = named.length > 0 ? named : matchByDescription(prompt, tools);
  return found.toSorted((a, b) => a.start - b.start);
}

/** The name as it is, or its first word that says something: `time` of `demo__time_in_zone`. */
function matchByName(prompt: string, tool: ChatTool): Match | undefined {
  const text = prompt.toLowerCase();
  const bare = bareName(tool).toLowerCase();
  const exact = text.search(new RegExp(String.raw`(?<![\w-])${escaped(bare)}(?![\w-])`));
  if (exact >= 0) return { tool, start: exact, end: exact + bare.length };
  const [head] = nameWords(tool);
  const word =
    head === undefined ? undefined : wordsIn(prompt).find((each) => same(each.word, head));
  if (word !== undefined) return { tool, start: word.at, end: word.at + word.length };
  return matchByExpression(prompt, tool);
}

/** `What is 17 * 23?` names no tool, but only a calculator takes an expression. */
function matchByExpression(prompt: string, tool: ChatTool): Match | undefined {
  const properties = JSON.stringify(tool.function.parameters['properties'] ?? {});
  const { expression } = cluesIn(prompt);
  if (expression === undefined || !/"(?:expression|formula|equation)"/i.test(properties)) {
    return undefined;
  }
  // Where it stands, not where the first number does: `roll 2 dice, and 17*23`.
  const [number = ''] = /\d[\d.]*/.exec(expression) ?? [];
  const exact = prompt.indexOf(expression);
  const at = exact >= 0 ? exact : Math.max(0, prompt.indexOf(number));
  return { tool, start: at, end: at };
}

/** Two words of a description are enough when no name fits; the best tool only. */
function matchByDescription(prompt: string, tools: readonly ChatTool[]): Match[] {
  const words = wordsIn(prompt).filter(({ word }) => !EMPTY_WORDS.has(word));
  const scored = tools.map((tool) => {
    const description = new Set(wordsIn(tool.function.description ?? '').map(({ word }) => word));
    const hits = words.filter(({ word }) => description.has(word));
    return { tool, hits, score: new Set(hits.map(({ word }) => word)).size };
  });
  const best = scored.toSorted((a, b) => b.score - a.score)[0];
  const [first] = best?.hits ?? [];
  if (best === undefined || first === undefined || best.score < 2) return [];
  return [{ tool: best.tool, start: first.at, end: first.at + first.length }];
}

/** Back to where the clause begins that holds the word: `use 3 dice to` *roll*. */
function clauseStart(prompt: string, at: number, floor: number): number {
  const before = prompt.slice(floor, at);
  const ends = [...before.matchAll(/[.!?](?=\s)|[;,\n]|\b(?:and|then)\b/gi)];
  const last = ends.at(-1);
  return last === undefined ? floor : floor + last.index + last[0].length;
}

/** `the words in: a b c` and `the words in a b c` → `a b c`, for tools that take a text. */
function restOf(text: string, known: readonly string[]): string {
  const colon = /^[^:\n]{0,60}:\s/.exec(text)?.[0];
  const rest = colon === undefined ? withoutEmptyWords(text, known) : text.slice(colon.length);
  return rest.trim().replace(/(?<![.!?,;\s])(?:\band\b|\bthen\b|[.!?,;\s])+$/i, '');
}

function withoutEmptyWords(text: string, known: readonly string[]): string {
  let rest = text.trim();
  for (;;) {
    const first = /^[\p{L}\d'-]+\s+/u.exec(rest)?.[0];
    const word = first?.trim().toLowerCase() ?? '';
    const empty = EMPTY_WORDS.has(word) || known.some((name) => same(stem(word), name));
    if (first === undefined || !empty) return rest;
    rest = rest.slice(first.length);
  }
}

/** The name on its own server: what stands behind `label__`. */
function bareName(tool: ChatTool): string {
  const { name } = tool.function;
  const at = name.indexOf('__');
  return at < 0 ? name : name.slice(at + 2);
}

function nameWords(tool: ChatTool): string[] {
  const spaced = bareName(tool)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ');
  return wordsIn(spaced).flatMap(({ word }) => (EMPTY_WORDS.has(word) ? [] : [word]));
}

function wordsIn(text: string): { word: string; at: number; length: number }[] {
  return [...text.matchAll(/\p{L}+/gu)].map((match) => ({
    word: stem(match[0].toLowerCase()),
    at: match.index,
    length: match[0].length,
  }));
}

/** `words` and `word`, `rolling` and `roll` are the same to the rules. */
function stem(word: string): string {
  return word.length > 4 ? word.replace(/(?:ing|es|s)$/, '') : word;
}

function same(a: string, b: string): boolean {
  return a === b || SAME.some((group) => isIn(group, a) && isIn(group, b));
}

function isIn(group: readonly string[], word: string): boolean {
  return group.some((each) => each === word || stem(each) === word);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

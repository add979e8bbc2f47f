import { nestsDeeperThan } from '../protocol/json-depth.ts';
import type { Json } from '../protocol/json.ts';
import type { FencedBlock } from './fenced-blocks.ts';

/** What reads the value goes down its levels by calling itself. */
const MAX_LEVELS = 100;

/** A JSON value and the text of the answer that is it. */
export interface FoundJson {
  readonly text: string;
  readonly value: Json;
}

/**
 * The JSON value that an answer is: all of its text, or its only fenced block, or the only one
 * that is marked as `json`, with whatever the model says around it. Null when there is none, and
 * when it is nested more than 100 levels deep.
 */
export function findJson(text: string, blocks: readonly FencedBlock[]): FoundJson | null {
  const marked = blocks.filter(({ info }) => /^json\b/i.test(info));
  const only = [blocks, marked].find(({ length }) => length === 1)?.[0];
  return parsed(text.trim()) ?? (only === undefined ? null : parsed(only.text.trim()));
}

function parsed(text: string): FoundJson | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) && !nestsDeeperThan(value, MAX_LEVELS) ? { text, value } : null;
  } catch {
    return null;
  }
}

/** What `JSON.parse` gave is JSON. */
function isJson(value: unknown): value is Json {
  return value !== undefined;
}

import { expect, it } from 'vitest';
import { Spent } from '../../../src/cli/spent.ts';
import type { EventBody } from '../../../src/run/event.ts';
import { request } from '../../support/engine.ts';

const price = { input: 1, cached_input: 1, output: 10 };
const START = {
  type: 'run-start',
  version: 1,
  id: 'x',
  prompt: '',
  problems: [],
  expires_at: null,
  request: request({ models: [{ provider: 'a', model: 'm', price }] }),
} as const;
const ASKED = { type: 'step-start', step: 1, attempt: 1, provider: 'a', model: 'm' } as const;

function figuresOf(...bodies: readonly EventBody[]): string[] {
  const spent = new Spent();
  for (const [index, body] of bodies.entries()) {
    spent.take({ ...body, seq: index + 1, at: 0 });
  }
  return spent.figures();
}

const ended = (usage: object) =>
  ({ type: 'step-end', step: 1, finish_reason: 'stop', tool_calls: [], usage }) as EventBody;
const TOKENS = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };

it('says tokens and dollars, and that they are an estimate where they are one', () => {
  expect(figuresOf(START, ASKED, ended(TOKENS))).toEqual(['1,100 tokens', '$0.002']);
  expect(figuresOf(START, ASKED, ended({ ...TOKENS, estimated: true }))).toEqual([
    'about 1,100 tokens',
    'about $0.002',
  ]);
  expect(figuresOf(START, ASKED, ended({ ...TOKENS, cost_usd: 0.5 }))).toEqual([
    '1,100 tokens',
    '$0.5',
  ]);
});

it('says no dollars where a price is not known, and nothing of a run that used nothing', () => {
  const other = { ...ASKED, model: 'other' };
  expect(figuresOf(START, other, ended(TOKENS))).toEqual(['1,100 tokens']);
  expect(figuresOf(START)).toEqual([]);
});

import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StepOutput } from '../../../src/protocol/accumulate.ts';
import { StepAccumulator } from '../../../src/protocol/accumulate.ts';
import type { ChatChunk } from '../../../src/protocol/chat.ts';
import { chunkOf } from '../../../src/protocol/chunk.ts';
import { isObject } from '../../../src/protocol/json.ts';

/** One provider rule: chunks as a provider sends them and what they mean. */
interface RuleFixture {
  readonly rule: string;
  readonly what: string;
  readonly step?: number;
  readonly used_ids?: readonly string[];
  readonly chunks: readonly ChatChunk[];
  /** Outputs by chunk, where the moment matters; `[]` brings nothing. */
  readonly outputs?: readonly (readonly StepOutput[])[];
  readonly answer: Readonly<Record<string, unknown>>;
}

const folder = new URL('../../fixtures/chunks/', import.meta.url);

function fixture(file: string): RuleFixture {
  const value: unknown = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
  if (!isRule(value)) throw new TypeError(`${file} is not a rule`);
  return value;
}

function isRule(value: unknown): value is RuleFixture {
  return isObject(value) && 'rule' in value && Array.isArray(value['chunks']);
}

describe('provider rules', () => {
  for (const file of readdirSync(folder)) {
    const rule = fixture(file);
    it(`${rule.rule}: ${rule.what}`, () => {
      const step = new StepAccumulator({ step: rule.step ?? 1, usedIds: rule.used_ids ?? [] });
      const outputs = rule.chunks.map((chunk) => step.feed(chunk));
      const { outputs: last, answer } = step.end();
      if (rule.outputs) expect([...outputs, last]).toEqual(rule.outputs);
      expect(answer).toEqual({ text: '', reasoning: '', tool_calls: [], ...rule.answer });

      const all = [...outputs.flat(), ...last];
      const calls = all.flatMap((output) => (output.type === 'tool-call' ? [output.call] : []));
      expect(calls.map(({ id }) => id)).toEqual(answer.tool_calls.map(({ id }) => id));
      expect(textOf(all, 'text')).toBe(answer.text);
      expect(textOf(all, 'reasoning')).toBe(answer.reasoning);
    });
  }
});

it('the rules of the specification and the fixtures are the same', () => {
  const spec = readFileSync(new URL('../../../spec/providers.md', import.meta.url), 'utf8');
  const promised = [...spec.matchAll(/\*\*(PR-(?:CHUNK|USAGE|END|CALL|ECHO)-\d+)\*\*/g)];
  const shown = readdirSync(folder).map((file) => fixture(file).rule);
  expect(new Set(shown)).toEqual(new Set(promised.map(([, id]) => id)));
});

describe('a step', () => {
  it('with arguments in ten thousand pieces is the same as with one', () => {
    const text = JSON.stringify({ text: 'x"\\{}[]é😀'.repeat(2_000), list: [{ a: [] }] });
    const step = new StepAccumulator({ step: 1 });
    for (const piece of text.match(/[\s\S]/g) ?? []) {
      step.feed(chunkWith({ index: 0, function: { name: 'write', arguments: piece } }));
    }
    const { answer } = step.end();
    expect(answer.tool_calls.map((call) => call.function.arguments)).toEqual([text]);
  });

  it('counts no tokens that are not a sensible number', () => {
    const step = new StepAccumulator({ step: 1 });
    const usage: Record<string, unknown> = {
      prompt_tokens: -5,
      completion_tokens: 7,
      total_tokens: '9',
    };
    step.feed({ choices: [], usage });
    expect(step.end().answer.usage).toEqual({
      prompt_tokens: 0,
      completion_tokens: 7,
      total_tokens: 7,
    });
  });

  it('never throws and always gives calls of the right shape, whatever a provider sends', () => {
    const some = fc.oneof(
      fc.constantFrom('', 'a', '{"x":1}', '{', 0, 1, null, {}, []),
      fc.jsonValue(),
    );
    const part = fc.record(
      {
        index: some,
        id: some,
        function: fc.oneof(some, fc.record({ name: some, arguments: some })),
      },
      { requiredKeys: [] },
    );
    const delta = fc.record(
      {
        content: some,
        reasoning_content: some,
        reasoning_details: some,
        tool_calls: fc.array(part),
      },
      { requiredKeys: [] },
    );
    const choice = fc.record({ index: some, delta, finish_reason: some }, { requiredKeys: [] });
    const chunk = fc.record({ choices: fc.array(choice), usage: some }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.array(chunk), (values) => {
        const step = new StepAccumulator({ step: 1 });
        for (const value of values) step.feed(chunkOf(value) ?? {});
        const { text, tool_calls } = step.end().answer;
        expect(typeof text).toBe('string');
        expect(new Set(tool_calls.map(({ id }) => id)).size).toBe(tool_calls.length);
        for (const { id, function: call } of tool_calls) {
          expect([typeof id, typeof call.name, typeof call.arguments]).toEqual(
            Array(3).fill('string'),
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  it('may name an id that an earlier generated one took', () => {
    const step = new StepAccumulator({ step: 3 });
    step.feed(chunkWith({ function: { name: 'a', arguments: '{}' } }));
    step.feed(chunkWith({ id: 'call_3_1', function: { name: 'b', arguments: '{}' } }));
    expect(step.end().answer.tool_calls.map(({ id }) => id)).toEqual(['call_3_1', 'call_3_2']);
  });
});

function textOf(outputs: readonly StepOutput[], type: 'text' | 'reasoning'): string {
  return outputs.map((output) => (output.type === type ? output.text : '')).join('');
}

function chunkWith(call: Record<string, unknown>): ChatChunk {
  return { choices: [{ delta: { tool_calls: [call] } }] };
}

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { textsOf } from '../../../../src/execute/model/model-body.ts';
import { chunksIn, newProgress } from '../../../../src/execute/model/model-stream.ts';
import { Watchdog } from '../../../../src/execute/model/watchdog.ts';
import { StepAccumulator, type StepAnswer } from '../../../../src/protocol/accumulate.ts';
import { isObject } from '../../../../src/protocol/json.ts';
import { CALL, providerAt } from './provider-server.ts';

/** What a provider sent, byte for byte, and what it means. */
interface Sent {
  readonly name: string;
  readonly rule: string;
  readonly what: string;
  readonly body: string;
  readonly answer: unknown;
  readonly place: { readonly step: number; readonly usedIds: readonly string[] };
}

const fixtures = new URL('../../../fixtures/', import.meta.url);

/** All fixtures; those of chunks as the plainest stream that brings them. */
function sent(folder: 'chunks' | 'streams'): readonly Sent[] {
  return readdirSync(new URL(`${folder}/`, fixtures)).map((file) => {
    const value: unknown = JSON.parse(readFileSync(new URL(`${folder}/${file}`, fixtures), 'utf8'));
    if (!isObject(value)) throw new TypeError(`${file} is no fixture`);
    const { chunks = [], answer, used_ids = [], step = 1 } = value;
    const events = (chunks as readonly unknown[]).map(
      (each) => `data: ${JSON.stringify(each)}\n\n`,
    );
    return {
      name: `${folder}/${file.replace('.json', '')}`,
      rule: String(value['rule']),
      what: String(value['what']),
      body:
        typeof value['body'] === 'string' ? value['body'] : `${events.join('')}data: [DONE]\n\n`,
      answer: { text: '', reasoning: '', tool_calls: [], ...(answer as object) },
      place: { step: Number(step), usedIds: used_ids as readonly string[] },
    };
  });
}

/** Reads the bytes as the model port does. */
async function read(pieces: readonly Uint8Array[], place: Sent['place']): Promise<StepAnswer> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  const progress = newProgress();
  const watchdog = new Watchdog(new AbortController().signal);
  const silent = () => new Error('silent');
  const patience = { deadline: Date.now() + 60_000, idleMs: 60_000, silent };
  const asked = { provider: providerAt('http://127.0.0.1:1/v1'), model: CALL.model };
  const step = new StepAccumulator(place);
  const texts = textsOf(body, watchdog, progress, patience);
  for await (const chunk of chunksIn(texts, asked, progress)) step.feed(chunk);
  return step.end().answer;
}

const all = [...sent('chunks'), ...sent('streams')];

describe('what a provider sends', () => {
  it.each(all)('$rule $name, split at every byte: $what', async ({ body, answer, place }) => {
    const bytes = new TextEncoder().encode(body);
    expect(await read([bytes], place)).toEqual(answer);
    for (let at = 1; at < bytes.length; at += 1) {
      const now = await read([bytes.subarray(0, at), bytes.subarray(at)], place);
      expect(now, `split at byte ${at}`).toEqual(answer);
    }
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(await read(single, place), 'every byte alone').toEqual(answer);
  });
});

describe('the list of provider rules', () => {
  const spec = readFileSync(new URL('../../../../spec/providers.md', import.meta.url), 'utf8');

  it('names every fixture beside its rule, and no other', () => {
    const listed = [...spec.matchAll(/^\| (PR-[A-Z]+-\d+) \| (.+) \|$/gm)].flatMap(
      ([, rule = '', names = '']) => names.split(', ').map((name) => `${rule} ${name}`),
    );
    const there = all.map(({ rule, name }) => `${rule} \`${name}\``);
    expect(listed.toSorted()).toEqual(there.toSorted());
  });

  it('has a fixture for every rule about answers', () => {
    const promised = [...spec.matchAll(/\*\*(PR-(?!REQ|PRICE)[A-Z]+-\d+)\*\*/g)].map(
      ([, id]) => id,
    );
    expect(new Set(all.map(({ rule }) => rule))).toEqual(new Set(promised));
  });
});

/** Parsing and normalizing, at three sizes and at the worst shapes. */
import { normalizePrompt } from '../src/normalize/normalize-prompt.ts';
import type { NormalizeInputs } from '../src/normalize/request.ts';
import { parsePrompt } from '../src/parse/parse-prompt.ts';
import { DOCUMENTS, REQUESTS } from '../test/support/hostile-shapes.ts';
import { median, type Row } from './measure.ts';

const HEAD = `---
model: demo
tools: https://mcp.example.com/mcp
max_steps: 8
input:
  schema: { topic: string }
  default: { topic: tides }
---

`;
const PARAGRAPH = `Read @https://example.com/notes.md and say what is *new* about {{topic}}. See
[the page](https://example.com/page) too, but not \`https://example.com/code\`.

`;

const HOSTILE: Readonly<Record<string, string>> = {
  'nested ![ (48 KB)': '!['.repeat(24_000),
  'emphasis _*_* (40 KB)': '_*'.repeat(20_000),
  'deep lists (1,000 levels)': Array.from(
    { length: 1000 },
    (_, depth) => `${'  '.repeat(depth)}- x`,
  ).join('\n'),
  '* * * (3,000 lines)': '* * *\n'.repeat(3000),
  'half a million lines in a fence': `\`\`\`\n${'\n'.repeat(500_000)}\`\`\`\n`,
};

/** All rows about the format. */
export async function formatRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [what, size, times, goal] of [
    ['2 KB', 2_000, 200, '< 2 ms'],
    ['100 KB', 100_000, 9, 'report'],
    ['1 MB', 999_000, 3, '< 1 s'],
  ] as const) {
    const text = HEAD + PARAGRAPH.repeat(Math.floor((size - HEAD.length) / PARAGRAPH.length));
    rows.push({
      what: `parse + normalize, ${what}`,
      floor: null,
      ours: await median(times, () => both(text)),
      goal,
    });
  }
  for (const [what, body] of Object.entries(HOSTILE)) {
    const text = `https://example.com/mcp\n\n${body}`;
    rows.push({
      what: `hostile: ${what}`,
      floor: null,
      ours: await median(1, () => both(text)),
      goal: '< 1 s',
    });
  }
  return [
    ...rows,
    await slowest('document', DOCUMENTS, both),
    await slowest('request', REQUESTS, (inputs) => both('Hi', inputs)),
  ];
}

/** The slowest of the shapes that the tests know, by name. */
async function slowest<T>(
  kind: string,
  shapes: readonly (readonly [string, () => T])[],
  read: (shape: T) => unknown,
): Promise<Row> {
  let worst = { name: '', ours: 0 };
  for (const [name, make] of shapes) {
    const shape = make();
    const ours = await median(1, () => read(shape));
    if (ours > worst.ours) worst = { name, ours };
  }
  const what = `slowest of ${shapes.length} hostile ${kind}s: ${worst.name}`;
  return { what, floor: null, ours: worst.ours, goal: '< 1 s' };
}

function both(text: string, inputs: NormalizeInputs = {}): unknown {
  const providers = [{ id: 'demo', defaultModel: 'demo', models: ['demo'] }];
  return normalizePrompt(parsePrompt(text), { providers }, inputs);
}

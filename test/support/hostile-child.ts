/**
 * Reads every hostile shape in a process of its own and prints a line before and behind each: who
 * started it bounds its memory and knows where it hung.
 */
import { stdout } from 'node:process';
import { explain } from '../../src/normalize/explain.ts';
import { normalizePrompt } from '../../src/normalize/normalize-prompt.ts';
import type { NormalizeInputs } from '../../src/normalize/request.ts';
import { parsePrompt } from '../../src/parse/parse-prompt.ts';
import { DOCUMENTS, REQUESTS } from './hostile-shapes.ts';

const context = { providers: [{ id: 'main', defaultModel: 'main-1' }] };

function read(name: string, text: string, inputs: NormalizeInputs): void {
  stdout.write(`begin ${name}\n`);
  const normalized = normalizePrompt(parsePrompt(text), context, inputs);
  JSON.stringify(explain(normalized));
  const { request, problems, worst } = normalized;
  if ((request === null) !== (worst === 'error') || problems.length > 1100) {
    throw new Error(`${name}: ${problems.length} problems, the worst is ${worst}`);
  }
  const longest = Math.max(0, ...problems.map(({ message }) => message.length));
  if (longest > 5000) throw new Error(`${name}: a message of ${longest} characters`);
  stdout.write(`end ${name}\n`);
}

for (const [name, text] of DOCUMENTS) read(name, text(), {});
for (const [name, inputs] of REQUESTS) read(name, 'Hi', inputs());

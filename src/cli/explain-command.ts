import { FAULTS } from '../fault/fault.ts';
import { explain } from '../normalize/explain.ts';
import { normalizePrompt } from '../normalize/normalize-prompt.ts';
import { parsePrompt } from '../parse/parse-prompt.ts';
import { isObject } from '../protocol/json.ts';
import { pricedProviders } from '../execute/model/prices.ts';
import { localProviders } from './environment.ts';
import { explanation } from './explanation.ts';
import type { Arguments } from './options.ts';
import { printProblems } from './print-problems.ts';
import { promptSource } from './prompt-source.ts';
import { inputs, overrides } from './settings-options.ts';
import type { Terminal } from './terminal.ts';

/** `mdops explain`: what a prompt becomes. Exit code 2 when the prompt has an error. */
export async function main(given: Arguments, terminal: Terminal): Promise<number> {
  const source = await promptSource(given.positionals);
  const normalized = normalizePrompt(
    parsePrompt(source.text, { path: source.name }),
    { ...(await pricedProviders(localProviders(process.env))), path: source.name },
    { input: inputs(given), overrides: overrides(given) },
  );
  const explained = explain(normalized);
  if (given.has('json')) {
    terminal.outLine(JSON.stringify(explained, null, 2));
  } else {
    printProblems(normalized.problems, source, terminal);
    if (normalized.request !== null) {
      const { estimate } = explained;
      const figures = isObject(estimate) ? estimate : {};
      terminal.outLine(explanation(normalized.request, figures, terminal.paintOut));
    }
  }
  return normalized.request === null ? FAULTS.invalid_prompt.exit : 0;
}

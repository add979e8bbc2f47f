/** Writes `spec/faults.md` from the one table of faults; a test compares them. */
import { writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { FAULTS } from '../src/fault/fault.ts';

const HEAD = `# Faults

What can go wrong in the world, as opposed to in the text of a prompt (those are the problems of
[prompt-format.md](prompt-format.md)). The code is part of the API; the sentence is not. Made from
\`src/fault/fault.ts\` by \`npm run fix\`.

*HTTP* is the status of a response that reports the fault. A run that failed is a run that can be read:
reading it answers 200 whatever ended it. *Exit* is the exit code of \`mdops\`: 0 done, 1 failed,
2 bad prompt or usage, 3 a limit, 4 somebody must act, 5 ended from outside.

| code | HTTP | exit | text |
|---|---|---|---|
`;

/** The whole page. */
export function faultPage(): string {
  const rows = Object.entries(FAULTS).map(
    ([code, { http, exit, text }]) => `| \`${code}\` | ${http} | ${exit} | ${text} |\n`,
  );
  return HEAD + rows.join('');
}

if (argv[1] === import.meta.filename) {
  writeFileSync(new URL('../spec/faults.md', import.meta.url), faultPage());
}

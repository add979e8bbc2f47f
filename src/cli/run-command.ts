import { Approver } from './approver.ts';
import { keyFor } from './connections-place.ts';
import { interruption } from './interruption.ts';
import { Keyboard } from './keyboard.ts';
import { linkManner } from './link-manner.ts';
import type { Arguments } from './options.ts';
import { checkWritable } from './output-file.ts';
import { Person } from './person.ts';
import { promptSource } from './prompt-source.ts';
import type { RunOrder } from './run-order.ts';
import { inputs, overrides } from './settings-options.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** `mdops run`: runs one prompt here or on a server. The exit code is that of the run. */
export async function main(given: Arguments, terminal: Terminal): Promise<number> {
  const remote = given.value('remote');
  refuseStray(given, remote);
  const manner = linkManner(given);
  const output = given.value('output');
  if (output !== undefined) await checkWritable(output);
  const person = new Person(terminal, new Keyboard(process.stdin), manner);
  const order: RunOrder = {
    source: await promptSource(given.positionals),
    input: inputs(given),
    overrides: overrides(given),
    json: given.has('json'),
    output,
    terminal,
    person,
    approver: new Approver(given, person),
    signal: AbortSignal.any([interruption(), terminal.closed]),
  };
  if (remote === undefined) {
    const { runHere } = await import('./run-here.ts');
    return runHere(order, given.values('allow'));
  }
  const { runRemote } = await import('./run-remote.ts');
  const key = await keyFor(remote, given);
  return runRemote(order, { url: remote, key, wait: given.has('wait') });
}

function refuseStray(given: Arguments, remote: string | undefined): void {
  const stray = (remote === undefined ? ['wait', 'key'] : ['allow']).find((name) =>
    given.has(name),
  );
  if (stray === undefined) return;
  const where = remote === undefined ? 'is for runs with' : 'does not go with';
  throw new UsageError(`\`--${stray}\` ${where} \`--remote\`.`);
}

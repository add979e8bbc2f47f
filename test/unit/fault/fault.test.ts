import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { faultPage } from '../../../scripts/fault-table.ts';
import { asFault, Fault } from '../../../src/fault/fault.ts';

describe('the table of faults', () => {
  it('is the page of the spec', () => {
    expect(readFileSync(new URL('../../../spec/faults.md', import.meta.url), 'utf8')).toBe(
      faultPage(),
    );
  });
});

describe('a fault as data', () => {
  it('never holds what caused it', () => {
    const fault = new Fault('server_error', undefined, {
      cause: new Error('canary'),
      detail: { status: 500 },
    });
    expect(JSON.parse(JSON.stringify(fault))).toEqual({
      code: 'server_error',
      message: 'The tool server answered with an error.',
      detail: { status: 500 },
    });
  });

  it('is itself when it was thrown, and hides everything else that was', () => {
    const fault = new Fault('timeout');
    expect(asFault(fault)).toBe(fault);
    expect(JSON.stringify(asFault(new Error('canary'), 'internal'))).not.toContain('canary');
  });
});

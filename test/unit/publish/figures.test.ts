import { expect, it } from 'vitest';
import { bounded } from '../../../src/publish/bounded.ts';
import { bytesOf, counted, countOf, dollarsOf, durationOf } from '../../../src/publish/figures.ts';

it('sets thousands apart', () => {
  expect([0, 999, 1000, 1_234_567].map(countOf)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect([counted(1, 'token'), counted(2, 'token')]).toEqual(['1 token', '2 tokens']);
});

it('chooses the unit a person would use', () => {
  expect([0, 999, 12_345, 999_949, 999_950].map(bytesOf)).toEqual([
    '0 B',
    '999 B',
    '12.3 kB',
    '999.9 kB',
    '1.0 MB',
  ]);
  expect([-5, 12.4, 1500, 59_949, 59_950, 125_000].map(durationOf)).toEqual([
    '0 ms',
    '12 ms',
    '1.5 s',
    '59.9 s',
    '1 min 0 s',
    '2 min 5 s',
  ]);
});

it('never cuts a text in the middle of a surrogate pair', () => {
  expect(bounded('ab😀cd', 3)).toEqual({ text: 'ab', more: 4 });
  expect(bounded('ab😀cd', 4)).toEqual({ text: 'ab😀', more: 2 });
});

it('dollars have the digits that matter, and never an exponent', () => {
  expect(
    [0, 1e-7, 0.00000123, 0.000456, 0.0042, 0.1, 0.129, 0.999, 1, 12.345].map(dollarsOf),
  ).toEqual([
    '$0',
    'less than $0.000001',
    '$0.0000012',
    '$0.00046',
    '$0.0042',
    '$0.1',
    '$0.13',
    '$1',
    '$1.00',
    '$12.35',
  ]);
});

import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { isoTime } from '../../../src/publish/iso-time.ts';

it('writes any time of the years 0 to 9999 as Date does', () => {
  const range = {
    min: Date.parse('0000-01-01T00:00:00Z'),
    max: Date.parse('9999-12-31T23:59:59Z'),
  };
  fc.assert(
    fc.property(fc.integer(range), (ms) => {
      expect(isoTime(ms)).toBe(new Date(ms).toISOString());
    }),
    { numRuns: 2000 },
  );
});

it.each([
  '2000-02-29T23:59:59.999Z',
  '1900-03-01T00:00:00.000Z',
  '1969-12-31T23:59:59.999Z',
  '2026-12-31T00:00:00.000Z',
])('knows the edge of a year or a leap day: %s', (time) => {
  expect(isoTime(Date.parse(time))).toBe(time);
});

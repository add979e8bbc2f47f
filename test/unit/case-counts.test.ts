import { expect, test } from 'vitest';
import { caseCounts } from '../../scripts/case-counts.ts';

test('every section of the format has rules, and every rule a case that cites it', () => {
  const counts = caseCounts();
  expect(counts.length).toBeGreaterThanOrEqual(12);
  const uncited = counts.flatMap(({ rules }) =>
    Object.entries(rules).flatMap(([id, count]) => (count === 0 ? [id] : [])),
  );
  expect(uncited).toEqual([]);
  for (const { title, cases, rules } of counts) {
    expect([title, cases >= Math.max(...Object.values(rules))]).toEqual([title, true]);
    expect([title, cases <= Object.values(rules).reduce((a, b) => a + b, 0)]).toEqual([
      title,
      true,
    ]);
  }
});

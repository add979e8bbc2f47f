import { describe, expect, it } from 'vitest';
import { isRunId, newRunId, ownerToken } from '../../src/worker/run/run-id.ts';

const KEY = 'a key of at least thirty-two characters';

describe('a run id', () => {
  it('is 32 URL-safe characters, never the same twice, and known again', async () => {
    const ids = await Promise.all(Array.from({ length: 200 }, () => newRunId(KEY)));
    expect(new Set(ids).size).toBe(200);
    for (const id of ids) expect(id).toMatch(/^[0-9A-Za-z]{32}$/);
    expect(await Promise.all(ids.map((id) => isRunId(KEY, id)))).not.toContain(false);
  });

  it('is not known when one character differs, nor under another key', async () => {
    const id = await newRunId(KEY);
    for (let index = 0; index < id.length; index += 1) {
      const other = id.charAt(index) === 'a' ? 'b' : 'a';
      expect(await isRunId(KEY, id.slice(0, index) + other + id.slice(index + 1))).toBe(false);
    }
    expect(await isRunId(`${KEY}!`, id)).toBe(false);
  });

  it.each(['', 'x', '../../etc/passwd', `${'a'.repeat(31)}-`, 'a'.repeat(33)])(
    'is never %j',
    async (text) => {
      expect(await isRunId(KEY, text)).toBe(false);
    },
  );

  it('gives an owner token that says nothing of it and belongs to it alone', async () => {
    const [one, other] = [await newRunId(KEY), await newRunId(KEY)];
    expect(await ownerToken(KEY, one)).toMatch(/^[0-9A-Za-z]{43}$/);
    expect(await ownerToken(KEY, one)).toBe(await ownerToken(KEY, one));
    expect(await ownerToken(KEY, one)).not.toBe(await ownerToken(KEY, other));
    expect(await ownerToken(KEY, one)).not.toContain(one.slice(22));
  });
});

import { describe, expect, it } from 'vitest';

import { readChallenge } from '../../../src/login/challenge.ts';

const NOTHING = { resourceMetadata: null, scope: null, error: null };

describe('a challenge', () => {
  it('names metadata, scope and error, quoted or not, in any order and case', () => {
    expect(
      readChallenge(
        'Bearer realm="mcp", error="insufficient_scope", scope="a b", resource_metadata="https://x/y"',
      ),
    ).toEqual({ resourceMetadata: 'https://x/y', scope: 'a b', error: 'insufficient_scope' });
    expect(readChallenge('bearer Scope=read,resource_metadata=https://x/y')).toEqual({
      resourceMetadata: 'https://x/y',
      scope: 'read',
      error: null,
    });
  });

  it('is found behind another scheme', () => {
    const header = 'Basic realm="x, y", Bearer scope="read"';
    expect(readChallenge(header).scope).toBe('read');
  });

  it('counts the first of two equal names', () => {
    expect(readChallenge('Bearer scope="a", scope="b"').scope).toBe('a');
  });

  it('is read with escapes in quotes', () => {
    expect(readChallenge('Bearer realm="a\\"b, scope=\\"x", scope="read"').scope).toBe('read');
  });

  it.each([
    null,
    '',
    'Bearer',
    'Basic realm="x"',
    'Bearer scope',
    `Bearer scope="${'x'.repeat(9000)}"`,
    'Bearer scope="never closed',
    '\u0000',
  ])('says nothing when it is %j', (header) => {
    expect(readChallenge(header)).toEqual(NOTHING);
  });
});

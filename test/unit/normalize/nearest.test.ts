import { describe, expect, test } from 'vitest';
import { nearest } from '../../../src/normalize/nearest.ts';

const NAMES = ['ttl', 'tools', 'temperature', 'top_p'];

describe('the word that was meant', () => {
  test.each([
    ['tolos', 'tools'],
    ['temprature', 'temperature'],
    ['temperatures', 'temperature'],
    ['tl', 'ttl'],
    ['tools', 'tools'],
  ])('%s is %s', (word, name) => {
    expect(nearest(word, NAMES)).toBe(name);
  });

  test('is none when all are far, whatever the length', () => {
    for (const word of ['banana', '', 'x'.repeat(1_000_000)]) {
      expect(nearest(word, NAMES)).toBeNull();
    }
  });

  test('a far shorter name does not hide a near longer one', () => {
    expect(nearest('mperatur', ['rr', 'temperature'])).toBe('temperature');
  });

  test('may be told by its beginning where that is asked for', () => {
    expect(nearest('expl', ['explain', 'run'])).toBeNull();
    expect(nearest('expl', ['explain', 'run'], { prefix: true })).toBe('explain');
    expect(nearest('e', ['explain', 'run'], { prefix: true })).toBeNull();
  });
});

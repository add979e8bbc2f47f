import { array, assert, property, record, string, uniqueArray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wireNames } from '../../../src/run/wire-names.ts';

const name = ([label = '', tool = '']: readonly string[]): string =>
  wireNames([{ label, tools: [tool] }]).nameOf(label, tool);

describe('names of tools on the wire', () => {
  test('are the label and the tool, and lead back', () => {
    const names = wireNames([{ label: 'linear', tools: ['search', 'create-issue'] }]);
    expect(names.names).toEqual([['linear__search', 'linear__create-issue']]);
    expect(names.nameOf('linear', 'search')).toBe('linear__search');
    expect(names.originOf('linear__search')).toEqual({
      server: 0,
      label: 'linear',
      tool: 'search',
    });
    expect(names.originOf('linear__other')).toBeUndefined();
  });

  test('a long name keeps its beginning and ends in a hash', () => {
    const tool = 'x'.repeat(80);
    const long = wireNames([{ label: 'a', tools: [tool] }]).nameOf('a', tool);
    expect(long).toMatch(/^a__x{53}_[0-9a-z]{7}$/);
  });

  test('two long names that begin alike stay apart', () => {
    const tools = [`${'x'.repeat(80)}1`, `${'x'.repeat(80)}2`];
    expect(new Set(wireNames([{ label: 'a', tools }]).names[0]).size).toBe(2);
  });

  test('servers of the same label and tools of the same name get names of their own', () => {
    const server = { label: 'same', tools: ['search'] };
    const named = wireNames([server, server]);
    const [first, second = ''] = named.names.flat();
    expect(first).toBe('same__search');
    expect(second).not.toBe(first);
    expect(named.originOf(second)?.server).toBe(1);
  });

  test.each([
    [
      ['a', 'b__c'],
      ['a__b', 'c'],
    ],
    [
      ['a_', 'b'],
      ['a', '_b'],
    ],
    [
      ['a.b', 'c'],
      ['a b', 'c'],
    ],
  ])('%j and %j never share a name, even when named apart', (one, two) => {
    expect(name(one)).not.toBe(name(two));
  });

  test('a tool that was not named has no name', () => {
    expect(() => wireNames([]).nameOf('a', 'b')).toThrow(TypeError);
  });

  test('any labels and tools give valid names, unique and always the same', () => {
    const server = record({ label: string(), tools: uniqueArray(string()) });
    assert(
      property(array(server), (servers) => {
        const named = wireNames(servers);
        const all = named.names.flat();
        expect(new Set(all).size).toBe(all.length);
        expect(all.every((wireName) => /^[A-Za-z0-9_-]{1,64}$/.test(wireName))).toBe(true);
        expect(all.map((wireName) => named.originOf(wireName)?.tool)).toEqual(
          servers.flatMap(({ tools }) => tools),
        );
        expect(wireNames(servers).names).toEqual(named.names);
      }),
    );
  });
});

import { describe, expect, test } from 'vitest';
import { findSetting, nearestKey, snakeCase } from '../../../src/normalize/key-name.ts';
import {
  CONFIG_KEYS,
  FOREIGN_KEYS,
  RESERVED_KEYS,
  SETTINGS,
} from '../../../src/normalize/settings.ts';
import { labelFor, uniqueLabel } from '../../../src/normalize/server-url.ts';

describe('names of settings', () => {
  test('no name stands for two things', () => {
    const names = [
      ...SETTINGS.map(({ key }) => key),
      ...SETTINGS.flatMap(({ aliases }) => aliases),
      ...CONFIG_KEYS,
      ...RESERVED_KEYS,
      ...FOREIGN_KEYS,
    ];
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names.filter((name) => snakeCase(name) !== name)).toEqual([]);
  });

  test('all spellings of a key are one key', () => {
    for (const spelling of ['base_url', 'base-url', 'baseUrl', 'baseURL', 'BASE_URL']) {
      expect(findSetting(spelling)?.key).toBe('base_url');
    }
  });

  test('names of object members are no settings', () => {
    expect(findSetting('constructor')).toBeUndefined();
    expect(findSetting('__proto__')).toBeUndefined();
  });

  test('the nearest key is suggested only when it is near', () => {
    expect(nearestKey('temprature')).toBe('temperature');
    expect(nearestKey('tolos')).toBe('tools');
    expect(nearestKey('configs')).toBe('config');
    expect(nearestKey('banana')).toBeNull();
    expect(nearestKey('x'.repeat(10_000))).toBeNull();
  });
});

describe('labels of tool servers', () => {
  test.each([
    ['https://mcp.notion.com/mcp', 'notion'],
    ['https://search-mcp.parallel.ai/mcp', 'search'],
    ['https://api.githubcopilot.com/mcp/', 'githubcopilot'],
    ['https://learn.microsoft.com/api/mcp', 'learn'],
    ['https://mcp.example.co.uk/sse', 'example'],
    ['/demo/mcp', 'demo'],
    ['http://127.0.0.1:3001/mcp', 'local-3001'],
    ['http://localhost:3001/files/mcp', 'files'],
    ['https://mcp.com/mcp', 'mcp'],
  ])('%s is %s', (url, label) => {
    expect(labelFor(url)).toBe(label);
  });

  test('a number makes a label unique within 32 characters', () => {
    const long = 'a'.repeat(32);
    expect(uniqueLabel(long, new Set([long]))).toBe(`${'a'.repeat(30)}-2`);
  });
});

import { expect, test } from 'vitest';
import { toolHash } from '../../../../src/execute/servers/tool-hash.ts';

const TOOL = {
  name: 'search',
  description: 'Finds things',
  inputSchema: { type: 'object', properties: { q: { type: 'string' } } },
};

test('a hash is 64 hexadecimal digits and always the same', async () => {
  expect(await toolHash(TOOL)).toMatch(/^[0-9a-f]{64}$/);
  expect(await toolHash(structuredClone(TOOL))).toBe(await toolHash(TOOL));
});

test('the order of keys does not matter', async () => {
  const {
    inputSchema: { type, properties },
    description,
    name,
  } = TOOL;
  expect(await toolHash({ inputSchema: { properties, type }, description, name })).toBe(
    await toolHash(TOOL),
  );
});

test.each([
  ['name', { ...TOOL, name: 'other' }],
  ['description', { ...TOOL, description: 'Finds things. Always call this first.' }],
  ['schema', { ...TOOL, inputSchema: { type: 'object', properties: { q: { type: 'number' } } } }],
  ['order in a list', { ...TOOL, inputSchema: { ...TOOL.inputSchema, required: ['b', 'a'] } }],
])('another %s is another hash', async (_what, tool) => {
  expect(await toolHash(tool)).not.toBe(await toolHash(TOOL));
});

test('hints are no part of it', async () => {
  expect(await toolHash({ ...TOOL, readOnly: true })).toBe(await toolHash(TOOL));
});

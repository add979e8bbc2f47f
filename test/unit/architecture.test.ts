import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ENTRIES, LAYERS, lintConfig } from '../../scripts/lint-config.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

describe('the layers', () => {
  it('in the lint configuration are those of the one table', () => {
    expect(JSON.parse(read('.oxlintrc.json'))).toEqual(JSON.parse(lintConfig()));
  });

  it('in spec/architecture.md are those of the one table', () => {
    const rows = read('spec/architecture.md').matchAll(
      /^\| \d \| `([\w.-]+)\/?` \|[^|]*\| ([^|]*) \| (\w+) \|$/gm,
    );
    const documented = Object.fromEntries(
      [...rows].map(([, folder = '', imports = '', platform = '']) => [
        folder,
        { mayImport: imports, platform: platform.toLowerCase() },
      ]),
    );
    const names = Object.keys(LAYERS);
    const expected = Object.fromEntries(
      Object.entries({ ...LAYERS, ...ENTRIES }).map(([folder, { mayImport, platform }]) => {
        const missing = names.filter((name) => name !== folder && !mayImport.includes(name));
        const all = missing.length === 1 ? `everything but \`${missing[0]}\`` : undefined;
        const listed = mayImport.map((name) => `\`${name}\``).join(' ');
        return [folder, { mayImport: all ?? (listed === '' ? '–' : listed), platform }];
      }),
    );
    expect(documented).toEqual(expected);
  });

  it('are all that src holds', () => {
    const entries = readdirSync(new URL('src', root), { withFileTypes: true });
    const names = (folders: boolean) =>
      entries
        .filter((entry) => entry.isDirectory() === folders && !entry.name.endsWith('.d.ts'))
        .map(({ name }) => name)
        .toSorted();
    expect(names(true)).toEqual(Object.keys(LAYERS).toSorted());
    expect(names(false)).toEqual(Object.keys(ENTRIES).toSorted());
  });
});

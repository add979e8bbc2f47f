/** What the code and the pages say of each other is there. */
import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAULTS } from '../../src/fault/fault.ts';
import { VARIABLES } from '../../src/worker/settings.ts';

const root = new URL('../../', import.meta.url);
const cwd = root.pathname;
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const pages = new Map(
  ['README.md', ...globSync('spec/**/*.md', { cwd })].map((path) => [path, read(path)]),
);
const code = globSync('src/**/*.ts', { cwd }).filter((path) => !path.endsWith('-source.ts'));

const headingsOf = (page: string): string[] =>
  [...(pages.get(page) ?? '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);

/** As GitHub names a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** Rules that a page states, and the letters that those of a section begin with. */
function rulesOf(page: string): Set<string> {
  const stated = (pages.get(page) ?? '').matchAll(
    /\*\*([A-Z]+(?:-[A-Z]+)*-\d+)\*\*|^\| (EG-\d+) \|/gm,
  );
  return new Set([...stated].map(([, rule, inTable]) => rule ?? inTable ?? ''));
}

/** `@see spec/page.md` with what stands behind it. */
const sources = code.flatMap((path) =>
  [...read(path).matchAll(/@see (spec\/[\w/-]+\.md)([^\n*]*)/g)].map(
    ([, page = '', rest = '']) => ({
      path,
      page,
      rest: rest.replace(/; .*/, '').trim(),
    }),
  ),
);

describe('the code names', () => {
  it('pages that there are', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.filter(({ page }) => !pages.has(page))).toEqual([]);
  });

  it('rules that stand in the page that it names', () => {
    const wrong = sources.flatMap(({ path, page, rest }) => {
      // Behind another page its rules begin.
      const rules = rest.replace(/, spec\/.*/, '').match(/\b[A-Z]+(?:-[A-Z]+)*-\d+\b/g) ?? [];
      const known = rulesOf(page);
      return rules.filter((rule) => !known.has(rule)).map((rule) => `${path}: ${page} ${rule}`);
    });
    expect(wrong).toEqual([]);
  });

  it('sections that stand in the page that it names', () => {
    const wrong = sources.filter(({ page, rest }) => {
      const [, section] = /^, ([A-Z][a-z].*)/.exec(rest) ?? [];
      return section !== undefined && !headingsOf(page).some((each) => section.startsWith(each));
    });
    expect(wrong).toEqual([]);
  });
});

describe('the pages', () => {
  const links = [...pages].flatMap(([page, text]) =>
    [...text.replaceAll(/`[^`\n]*`|^```[^]*?^```/gm, '').matchAll(/\]\(([^()\s]+)\)/g)]
      .map(([, target = '']) => ({ page, target }))
      .filter(({ target }) => !/^\w+:|^\//.test(target)),
  );

  it('link to what is there', () => {
    expect(links.length).toBeGreaterThan(50);
    const dead = links.filter(({ page, target }) => {
      const [file = '', anchor] = target.split('#');
      const path = file === '' ? page : posix.join(posix.dirname(page), file);
      if (globSync(path.replace(/\/$/, ''), { cwd }).length === 0) return true;
      return anchor !== undefined && !headingsOf(path).some((each) => anchorOf(each) === anchor);
    });
    expect(dead).toEqual([]);
  });

  it('name files that there are', () => {
    const named = [...pages].flatMap(([page, text]) =>
      [...text.matchAll(/`((?:src|test|scripts|bench|spec|examples)\/[\w./-]+)`/g)].map(
        ([, path = '']) => ({ page, path: path.replace(/\/$/, '') }),
      ),
    );
    expect(named.filter(({ path }) => globSync(path, { cwd }).length === 0)).toEqual([]);
  });
});

describe('spec/http-api.md', () => {
  const sectionOf = (heading: string): string =>
    (pages.get('spec/http-api.md') ?? '').split(/^## /m).find((each) => each.startsWith(heading)) ??
    '';
  const rowsOf = (heading: string): string[][] =>
    [...sectionOf(heading).matchAll(/^\| (`.*) \|$/gm)].map(([, row = '']) => row.split(' | '));

  it('has every variable that a server reads, and no other', () => {
    const documented = rowsOf('Settings').flatMap(([names = '']) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    );
    // The table of providers is in a page of its own.
    const providers = pages.get('spec/providers.md') ?? '';
    const missing = VARIABLES.filter(
      (name) => !documented.includes(name) && !providers.includes(`\`${name}\``),
    );
    expect(missing).toEqual([]);
    expect(documented.filter((name) => !VARIABLES.includes(name))).toEqual([]);
  });

  it('gives every code the status of the one table', () => {
    const told = rowsOf('Errors').flatMap(([codes = '', statuses = '']) => {
      const each = (statuses.match(/\d{3}/g) ?? []).map(Number);
      return [...codes.matchAll(/`(\w+)`/g)].map(([, code = ''], place) => [
        code,
        each[place] ?? each[0],
      ]);
    });
    const table = new Map(Object.entries(FAULTS).map(([code, { http }]) => [code, http]));
    expect(told.length).toBeGreaterThan(20);
    expect(told).toEqual(told.map(([code = '']) => [code, table.get(String(code))]));
  });
});

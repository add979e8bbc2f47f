import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { docsSource } from '../../../scripts/docs-source.ts';
import { FAULTS } from '../../../src/fault/fault.ts';
import { SETTINGS } from '../../../src/normalize/settings.ts';
import { readApi } from '../../../src/publish/docs/api.ts';
import { examples } from '../../../src/publish/docs/examples.ts';
import { llmsText } from '../../../src/publish/docs/llms-text.ts';
import { renderApi } from '../../../src/publish/docs/render-api.ts';
import { renderErrors } from '../../../src/publish/docs/render-errors.ts';
import { renderExamples } from '../../../src/publish/docs/render-examples.ts';
import { renderFormat } from '../../../src/publish/docs/render-format.ts';
import { schemaHtml } from '../../../src/publish/docs/schema-html.ts';
import { elementsOf, parsePage, textOf } from './page-elements.ts';

const ROOT = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');
const OPENAPI: unknown = JSON.parse(read('spec/openapi.json'));
const HERE = { origin: 'https://prompts.example', needsKey: false };

const PAGES: Readonly<Record<string, string>> = {
  '/docs': renderApi(OPENAPI, HERE),
  '/docs/prompt-format': renderFormat(HERE),
  '/docs/errors': renderErrors(),
  '/examples': renderExamples(HERE),
};

it('is made of the guide, the prompts and the stylesheet as they stand in their own files', () => {
  expect(read('src/publish/docs/docs-source.ts')).toBe(docsSource());
});

describe.each(Object.entries(PAGES))('the page %s', (_path, page) => {
  const elements = elementsOf(parsePage(page));

  it('has every anchor that it links to, once', () => {
    const ids = elements.flatMap(({ properties }) => properties['id'] ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const links = elements
      .map(({ properties }) => String(properties['href'] ?? ''))
      .filter((href) => href.startsWith('#'))
      .map((href) => href.slice(1));
    expect(links.filter((link) => !ids.includes(link))).toEqual([]);
  });

  it('has one title, headings without gaps, no script and nothing inline', () => {
    const levels = elements
      .flatMap(({ tagName }) => /^h([1-6])$/.exec(tagName)?.[1] ?? [])
      .map(Number);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(levels.filter((level, at) => level > (levels[at - 1] ?? 0) + 1)).toEqual([]);
    expect(elements.filter(({ tagName }) => ['script', 'style', 'img'].includes(tagName))).toEqual(
      [],
    );
    const names = elements.flatMap(({ properties }) => Object.keys(properties));
    expect(names.filter((name) => /^(?:style|on.*)$/.test(name))).toEqual([]);
  });
});

describe('the documentation of the API', () => {
  const page = parsePage(PAGES['/docs'] ?? '');
  const { operations, schemas } = readApi(OPENAPI);

  it('has every operation and every schema of the contract, each under a name of its own', () => {
    const ids = new Set(elementsOf(page).map(({ properties }) => properties['id']));
    expect(operations.filter(({ id }) => id === '' || !ids.has(id))).toEqual([]);
    expect(schemas.filter(([name]) => !ids.has(`schema-${name}`))).toEqual([]);
    expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
  });

  it('says of every parameter in an address what it is', () => {
    for (const { path, parameters } of operations) {
      const named = new Set(parameters.map(({ name }) => name));
      const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name);
      expect([path, inPath.filter((name) => !named.has(name))]).toEqual([path, []]);
    }
  });

  it('shows how to send a key where prompts run only with one', () => {
    const commands = (needsKey: boolean) => renderApi(OPENAPI, { ...HERE, needsKey });
    expect(commands(false)).not.toContain('$API_KEY');
    expect(commands(true)).toContain('Bearer $API_KEY');
  });

  it('ends, however schemas name each other, and however deep one is', () => {
    const deep = Array.from({ length: 500 }).reduce<object>(
      (inner) => ({ type: 'object', properties: { inner } }),
      { type: 'string' },
    );
    const text = textOf(parsePage(schemaHtml(deep).html));
    expect(text).toContain('inner.inner.inner.inner');
    expect(text.length).toBeLessThan(500);
    const round = { properties: { self: { $ref: '#/components/schemas/Round' } } };
    expect(schemaHtml(round).html).toContain('<a href="#schema-Round">Round</a>');
  });
});

it('lists every setting on the page of the format and every code on that of errors', () => {
  for (const { key } of SETTINGS)
    expect(PAGES['/docs/prompt-format']).toContain(`<code>${key}</code>`);
  for (const code of Object.keys(FAULTS)) expect(PAGES['/docs/errors']).toContain(`id="${code}"`);
});

it('shows every file of prompts/ as an example, and says of each what it shows', () => {
  const files = readdirSync(new URL('prompts/', ROOT)).map((file) => basename(file, '.md'));
  expect(
    examples()
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(files.toSorted());
  for (const { name, title, shows, text } of examples()) {
    expect(text).toBe(read(`prompts/${name}.md`));
    expect([title, shows]).not.toContain('');
  }
});

describe('llms.txt', () => {
  const text = llmsText(HERE);

  it('has the shape of llmstxt.org: a title, a summary, words, then lists of links', () => {
    const [head = '', ...lists] = text.split(/^## .*$/m);
    expect(head).toMatch(/^# MarkdownOps\n\n> [^\n]+\n\n/);
    const outside = head.replace(/^```[^]*?^```$/gm, '');
    expect(outside.match(/^#.*$/gm)).toEqual(['# MarkdownOps']);
    expect(lists).toHaveLength(2);
    for (const list of lists) {
      for (const line of list.trim().split('\n')) {
        expect(line).toMatch(/^- \[[^\]]+\]\(https:\/\/prompts\.example\/[^)]+\): .+$/);
      }
    }
  });

  it('is full enough to use the server, and short enough to be read', () => {
    for (const { key } of SETTINGS) expect(text).toContain(`\`${key}\``);
    expect(text.length).toBeLessThan(20_000);
    expect(text).not.toMatch(/HOST|-KEY /);
  });
});

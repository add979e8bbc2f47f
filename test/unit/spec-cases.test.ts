import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import { normalizePrompt } from '../../src/normalize/normalize-prompt.ts';
import type {
  CompletionRequest,
  NormalizeContext,
  NormalizeInputs,
} from '../../src/normalize/request.ts';
import { settingsTable } from '../../src/normalize/settings-table.ts';
import { frontmatterSchema } from '../../src/normalize/settings-schema.ts';
import { isObject } from '../../src/protocol/json.ts';
import type { PromptDocument } from '../../src/parse/document.ts';
import type { Problem } from '../../src/parse/problem.ts';
import { viewFor } from '../../src/run/view.ts';
import { ports, runToEnd, says, scriptedModel, startedLog } from '../support/engine.ts';
import { parsePrompt } from '../../src/parse/parse-prompt.ts';

/** The form of `spec/cases/README.md`. */
interface Case {
  readonly name: string;
  readonly rules: readonly string[];
  readonly text: string;
  readonly repeat?: { readonly text: string; readonly times: number };
  readonly after?: string;
  readonly path?: string;
  readonly context?: Partial<NormalizeContext>;
  readonly inputs?: NormalizeInputs;
  readonly body?: string;
  readonly frontmatter?: Readonly<Record<string, unknown>> | null;
  readonly references?: readonly object[];
  readonly problems?: readonly string[];
  readonly says?: readonly string[];
  readonly no_excerpt?: boolean;
  readonly request?: object | null;
  /** What the model says, one text for each step. */
  readonly answers?: readonly string[];
  readonly run?: object;
}

const spec = new URL('../../spec/', import.meta.url);
const files = readdirSync(new URL('cases/', spec)).filter((name) => name.endsWith('.yaml'));
const sections = files.map((name) => ({ name, cases: readCases(name) }));
const page = readFileSync(new URL('prompt-format.md', spec), 'utf8');

function readCases(name: string): readonly Case[] {
  const read: unknown = parse(readFileSync(new URL(`cases/${name}`, spec), 'utf8'));
  if (!isCases(read)) {
    throw new TypeError(`spec/cases/${name} must be a list of cases with a name and rules.`);
  }
  return read;
}

function isCases(read: unknown): read is readonly Case[] {
  return (
    Array.isArray(read) &&
    read.every((item) => isObject(item) && 'name' in item && Array.isArray(item['rules']))
  );
}

const CONTEXT: NormalizeContext = {
  providers: [{ id: 'main', defaultModel: 'main-1' }],
  priceOf: ({ model }) => (model === 'main-1' ? { input: 1, cached_input: 0.1, output: 10 } : null),
};

describe.each(sections)('$name', ({ cases }) => {
  test.each(cases)('$name', async (wanted) => {
    const path = wanted.path === undefined ? {} : { path: wanted.path };
    const document = parsePrompt(textOf(wanted), path);
    const context = { ...CONTEXT, ...wanted.context, ...path };
    const { request, problems } = normalizePrompt(document, context, wanted.inputs);
    checkProblems(wanted, problems);
    checkDocument(wanted, document);
    if (wanted.request === null) {
      expect(request).toBeNull();
    } else {
      expect(request ?? {}).toMatchObject(wanted.request ?? {});
    }
    if (wanted.answers !== undefined) {
      expect(await runOf(request ?? {}, wanted.answers)).toMatchObject(wanted.run ?? {});
    }
  });
});

/** What its owner sees of a run whose model says these texts. */
async function runOf(request: Partial<CompletionRequest>, answers: readonly string[]) {
  const model = scriptedModel(answers.map((answer) => says(answer)));
  const run = await runToEnd(ports(model, { log: startedLog(request) }));
  expect(model.asked).toHaveLength(answers.length);
  return viewFor('owner', run);
}

function textOf({ text, repeat, after = '' }: Case): string {
  return text + (repeat?.text.repeat(repeat.times) ?? '') + after;
}

function checkDocument(wanted: Case, document: PromptDocument): void {
  if (wanted.body !== undefined) {
    expect(document.body).toBe(wanted.body);
  }
  if (wanted.frontmatter !== undefined) {
    const entries = document.frontmatter?.entries.map(({ key, value }) => [key, value]);
    const found: unknown = entries === undefined ? null : Object.fromEntries(entries);
    expect(found).toEqual(wanted.frontmatter);
  }
  if (wanted.references !== undefined) {
    expect(document.references).toMatchObject([...wanted.references]);
  }
}

function checkProblems(wanted: Case, problems: readonly Problem[]): void {
  const expected = wanted.problems ?? [];
  const found = problems.map(({ severity, code, at }, index) => {
    const place = at === undefined ? '' : ` ${at.line}:${at.column}`;
    const hasSeverity = /^(?:error|warning|info) /.test(expected[index] ?? 'error ');
    const hasPlace = /\d$/.test(expected[index] ?? '0') || !/\d$/.test(place);
    return `${hasSeverity ? `${severity} ` : ''}${code}${hasPlace ? place : ''}`;
  });
  expect(found).toEqual(expected);
  const messages = problems.map(({ message }) => message).join('\n');
  for (const words of wanted.says ?? []) {
    expect(messages).toContain(words);
  }
  if (wanted.no_excerpt === true) {
    expect(problems.filter(({ excerpt }) => excerpt !== undefined)).toEqual([]);
  }
}

describe('the page and its cases', () => {
  const ruleIds = [...page.matchAll(/^\* \*\*([A-Z]+-\d+)\*\*/gm)].map(([, id]) => id ?? '');
  const cited = new Set(sections.flatMap(({ cases }) => cases.flatMap(({ rules }) => rules)));

  test('every rule has a case', () => {
    expect(ruleIds.filter((id) => !cited.has(id))).toEqual([]);
  });

  test('every case cites rules that exist', () => {
    expect([...cited].filter((id) => !ruleIds.includes(id))).toEqual([]);
  });

  test('every problem that a case expects is in the list of codes', () => {
    const codes = sections
      .flatMap(({ cases }) => cases.flatMap(({ problems = [] }) => problems))
      .map((problem) => problem.replace(/^(?:error|warning|info) /, '').split(' ', 1)[0] ?? '');
    const table = page.slice(page.indexOf('## Problems'));
    const listed = new Set(Array.from(table.matchAll(/`([a-z_]+)`/g), ([, code]) => code));
    expect(codes.filter((code) => !listed.has(code))).toEqual([]);
  });

  test('the table of settings is the one in the code', () => {
    expect(page).toContain(settingsTable());
  });

  test('the JSON Schema is the one in the code', () => {
    const written: unknown = JSON.parse(
      readFileSync(new URL('frontmatter.schema.json', spec), 'utf8'),
    );
    expect(written).toEqual(frontmatterSchema());
  });
});

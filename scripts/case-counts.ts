/**
 * `npm run -s cases`: how many cases of `spec/cases` show each section and rule of
 * `spec/prompt-format.md`, as a Markdown table.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { argv, stdout } from 'node:process';
import { parse } from 'yaml';
import { isObject } from '../src/protocol/json.ts';

const SPEC = new URL('../spec/', import.meta.url);

/** A section of the page with its rules. */
export interface SectionCount {
  /** `FM: frontmatter` */
  readonly title: string;
  /** Cases that cite at least one rule of the section. */
  readonly cases: number;
  /** Rule id → cases that cite it. */
  readonly rules: Readonly<Record<string, number>>;
}

/** The sections of the page that have rules, in its order. */
export function caseCounts(): readonly SectionCount[] {
  const page = readFileSync(new URL('prompt-format.md', SPEC), 'utf8');
  const cited = citedRules();
  return page.split(/^## /m).flatMap((section) => {
    const ids = Array.from(section.matchAll(/^\* \*\*([A-Z]+-\d+)\*\*/gm), ([, id]) => id ?? '');
    const title = section.slice(0, section.indexOf('\n'));
    const count = (wanted: readonly string[]): number =>
      cited.filter((rules) => wanted.some((id) => rules.includes(id))).length;
    const rules = Object.fromEntries(ids.map((id) => [id, count([id])]));
    return ids.length === 0 ? [] : [{ title, cases: count(ids), rules }];
  });
}

/** The rules of every case. */
function citedRules(): readonly (readonly unknown[])[] {
  const names = readdirSync(new URL('cases/', SPEC)).filter((name) => name.endsWith('.yaml'));
  return names.flatMap((name) => {
    const read: unknown = parse(readFileSync(new URL(`cases/${name}`, SPEC), 'utf8'));
    const cases: readonly unknown[] = Array.isArray(read) ? read : [];
    return cases.flatMap((item) =>
      isObject(item) && Array.isArray(item['rules']) ? [item['rules']] : [],
    );
  });
}

if (argv[1] === import.meta.filename) {
  stdout.write('| section | rules | cases | cases of each rule |\n|---|---|---|---|\n');
  for (const { title, cases, rules } of caseCounts()) {
    const each = Object.entries(rules).map(([id, count]) => `${id} ${count}`);
    stdout.write(`| ${title} | ${each.length} | ${cases} | ${each.join(' · ')} |\n`);
  }
  stdout.write(`| all | | ${citedRules().length} | |\n`);
}

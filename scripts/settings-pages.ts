/**
 * Writes what is made of the one table of settings: `spec/frontmatter.schema.json` and the table in
 * `spec/prompt-format.md`. A test compares both with the code.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { frontmatterSchema } from '../src/normalize/settings-schema.ts';
import { settingsTable } from '../src/normalize/settings-table.ts';

const SPEC = new URL('../spec/', import.meta.url);
/** The header of the table and all rows behind it. */
const TABLE = /^\| key \(aliases\) \|.*(?:\n\|.*)*/m;

if (argv[1] === import.meta.filename) {
  const schema = new URL('frontmatter.schema.json', SPEC);
  writeFileSync(schema, `${JSON.stringify(frontmatterSchema(), null, 2)}\n`);
  const page = new URL('prompt-format.md', SPEC);
  const text = readFileSync(page, 'utf8');
  if (!TABLE.test(text)) throw new Error('spec/prompt-format.md has no table of settings.');
  writeFileSync(
    page,
    text.replace(TABLE, () => settingsTable()),
  );
}

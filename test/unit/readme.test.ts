/** README.md: what it shows is there and works. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { normalizePrompt } from '../../src/normalize/normalize-prompt.ts';
import { parsePrompt } from '../../src/parse/parse-prompt.ts';
import { VARIABLES } from '../../src/worker/settings.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const README = read('README.md');

/** What follows a pattern, everywhere in the README. */
function all(pattern: RegExp): string[] {
  const found = [...README.matchAll(pattern)].map(([whole, group]) => group ?? whole);
  expect(found).not.toEqual([]);
  return [...new Set(found)];
}

function fences(language: string): string[] {
  return all(new RegExp(String.raw`^\`\`\`${language}\n([\s\S]*?)^\`\`\`$`, 'gm'));
}

describe('README.md', () => {
  it('has two screens and a half at most', () => {
    expect(README.split('\n').length).toBeLessThanOrEqual(104);
  });

  it.each(fences('markdown'))('shows a prompt without problems: %j', (text) => {
    const { request, problems } = normalizePrompt(parsePrompt(text), {
      providers: [
        { id: 'demo', defaultModel: 'demo', models: ['demo'] },
        { id: 'openai', defaultModel: 'gpt-5-mini' },
      ],
    });
    expect(problems).toEqual([]);
    expect(request?.servers).toHaveLength(1);
  });

  it('opens with the prompt that the demo runs', () => {
    expect(fences('markdown')[0]).toBe(read('prompts/tweet.md'));
  });

  it.each(all(/\]\(([^)#]+)/g).filter((link) => !/^https?:/.test(link)))(
    'links to %s, which is there',
    (path) => {
      expect(existsSync(new URL(path, root))).toBe(true);
    },
  );

  it.each(all(/\]\(([^)]+#[^)]+)\)/g))('links to the heading %s', (link) => {
    const [path = '', heading = ''] = link.split('#');
    const headings = [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
      text.toLowerCase().replaceAll(' ', '-'),
    );
    expect(headings).toContain(heading);
  });

  it.each(all(/\bprompts\/[\w-]+\.md\b/g))('names the prompt %s, which is there', (path) => {
    expect(existsSync(new URL(path, root))).toBe(true);
  });

  it.each(all(/\bnpm (?:run (?:-s )?)?(\w+)/g).filter((name) => name !== 'ci'))(
    'names the npm script %s, which is there',
    (script) => {
      const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
      expect(Object.keys(scripts)).toContain(script);
    },
  );

  it('calls what the project brings by npm alone, so that the Node of the machine may be older', () => {
    expect(README).not.toMatch(/(?:^|`|&& )(?:node|npx|tsc|vitest|wrangler|mdops) /m);
    for (const page of readdirSync(new URL('spec/', root)).filter((name) => name.endsWith('.md'))) {
      expect(read(`spec/${page}`)).not.toMatch(/\bnode (?:src|scripts|bench)\//);
    }
  });

  it.each(all(/\b[A-Z]{3,}(?:_[A-Z]+)+\b/g))('names the variable %s, which is read', (variable) => {
    // The second is the launcher's own.
    expect([...VARIABLES, 'STATE_DIR']).toContain(variable);
  });

  it.each(all(/mdops -- (\w+)/g))('names the command %s, which is there', (command) => {
    expect(COMMANDS.map(({ name }) => name)).toContain(command);
  });
});

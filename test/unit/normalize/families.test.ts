import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adoptDocument } from '../../../src/normalize/families/adopt.ts';
import { FAMILIES } from '../../../src/normalize/families/family.ts';
import { normalizePrompt } from '../../../src/normalize/normalize-prompt.ts';
import { parsePrompt } from '../../../src/parse/parse-prompt.ts';

const page = readFileSync(new URL('../../../spec/formats.md', import.meta.url), 'utf8');
const adopt = (text: string, path?: string) =>
  adoptDocument(parsePrompt(text, path === undefined ? {} : { path }), path, {});

describe('the families', () => {
  test('are those of the page, in its order', () => {
    const rows = Array.from(page.matchAll(/^\| `([a-z-]+)` \|/gm), ([, name]) => name);
    expect(rows).toEqual(FAMILIES.map(({ name }) => name));
  });

  test.each([
    ['a.prompt.yaml', 'github-models'],
    ['chat/basic.prompty', 'prompty'],
    ['.github/workflows/triage.md', 'gh-aw'],
    ['plan.chatmode.md', 'vscode'],
    ['.github/copilot-instructions.md', 'vscode'],
    ['skills/pdf/SKILL.md', 'claude'],
    ['.claude\\commands\\fix.md', 'claude'],
    ['.cursor/rules/ts.mdc', 'cursor'],
    ['.continue/prompts/test.md', 'continue'],
    ['task.codex.md', 'mdflow'],
    ['packages/a/AGENTS.md', 'agents'],
    ['greet.prompt', 'dotprompt'],
    ['notes.md', null],
  ])('a file %s is one of %s', (path, family) => {
    expect(adopt('Hi', path).family).toBe(family);
  });

  test('an ordinary prompt is nobody else’s, and stays as it is', () => {
    const text =
      '---\nmodel: a\ntools: b.example.com/mcp\ninput: { schema: { x: string } }\n---\nHi {{x}}';
    const document = parsePrompt(text);
    const adopted = adoptDocument(document, undefined, {});
    expect(adopted.family).toBeNull();
    expect(adopted.document).toEqual(document);
  });
});

describe('a conversation in a document', () => {
  const text =
    '---\nmodel: { api: chat }\n---\nsystem:\nBe brief.\n\nuser:\nWhat is it?\n\nassistant:\nA thing.\n\nuser:\nRead @https://example.com/a.md\n';

  test('becomes roles of the template, and its first system turn the setting', () => {
    const { document } = adopt(text);
    expect(document.body.trim().split(/\n+/)).toEqual([
      '{{role "user"}}',
      'What is it?',
      '{{role "model"}}',
      'A thing.',
      '{{role "user"}}',
      'Read @https://example.com/a.md',
    ]);
    expect(document.frontmatter?.entries.find(({ key }) => key === 'system')?.value).toBe(
      'Be brief.',
    );
  });

  test('keeps every line where it was, so that problems have the right place', () => {
    const { document } = adopt(text);
    const lines = text.split('\n');
    for (const [index, line] of document.text.split('\n').entries()) {
      if (line !== '' && !line.startsWith('{{role')) {
        expect(lines[index]).toBe(line);
      }
    }
  });

  test('of GitHub Models becomes the same', () => {
    const yaml =
      'messages:\n- role: user\n  content: One\n- role: assistant\n  content: Two\n- role: user\n  content: Three\n';
    expect(adopt(yaml).document.body).toBe(
      '{{role "user"}}\nOne\n{{role "model"}}\nTwo\n{{role "user"}}\nThree\n',
    );
  });
});

describe('whatever a file holds', () => {
  const piece = fc.constantFrom(
    '$ARGUMENTS',
    '$1',
    '{{x}}',
    ' https://example.com/a ',
    '@https://example.com/b\n',
    'user:\n',
    '\nsystem:\n',
    '\nassistant:\n',
    '```\n',
    '${input:x}',
    '{% if %}',
    'RULES:\n',
    'PROMPT:\n',
    'text\r\n',
    '!`ls` @a.md ',
  );
  const head = fc.constantFrom(
    '',
    '---\nargument-hint: a\n---\n',
    '---\nmodel: { api: chat }\n---\n',
    '---\nmode: agent\n---\n',
    '---\non: push\nengine: x\n---\n',
    'messages:\n- role: user\n  content: ',
  );

  test('references still stand where they say, and nothing throws', () => {
    fc.assert(
      fc.property(head, fc.array(piece, { maxLength: 20 }), (start, pieces) => {
        const { document } = adopt(start + pieces.join(''));
        for (const { url, start: from, end } of document.references) {
          const written = document.body.slice(from, end);
          expect(from === end || written.replace(/^@/, '') === url).toBe(true);
        }
      }),
    );
  });

  test('it is decided the same way twice', () => {
    fc.assert(
      fc.property(head, fc.array(piece, { maxLength: 20 }), (start, pieces) => {
        const decide = () =>
          normalizePrompt(parsePrompt(start + pieces.join('')), {
            providers: [{ id: 'main', defaultModel: 'm' }],
          });
        expect(decide()).toEqual(decide());
      }),
    );
  });
});

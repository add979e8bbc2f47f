import { expect, it } from 'vitest';
import { renderEditor } from '../../../src/publish/render-editor.ts';
import { renderErrorPage } from '../../../src/publish/render-error-page.ts';
import { elementsOf, parsePage, textOf, unsafeParts } from './page-elements.ts';

const PROBLEM = {
  code: 'broken_yaml',
  severity: 'error',
  message: 'The settings cannot be read.',
  at: { line: 2, column: 12 },
  excerpt: 'model: [<b>\n       ^',
} as const;

it.each([
  '',
  '\n\nBegins with empty lines.',
  '</textarea><script>alert(1)</script>',
  '<!-- & &amp; "quoted"',
])('PAGE-7 the form holds exactly the document: %j', (prompt) => {
  const page = renderEditor({ prompt });
  const area = elementsOf(parsePage(page)).find(({ tagName }) => tagName === 'textarea');
  expect(area === undefined ? null : textOf(area)).toBe(prompt);
  expect(unsafeParts(page)).toEqual([]);
});

it('has one form that posts the document to the server that showed it', () => {
  const elements = elementsOf(parsePage(renderEditor({ prompt: 'Say hello.' })));
  const forms = elements.filter(({ tagName }) => tagName === 'form');
  expect(forms.map(({ properties }) => properties)).toMatchObject([
    { method: 'post', action: '/' },
  ]);
  expect(elements.find(({ tagName }) => tagName === 'button')?.properties).toEqual({
    type: 'submit',
  });
});

it('tells its script what the server is, as text that ends nowhere early', () => {
  const page = renderEditor({
    prompt: 'x',
    files: {
      script: '/assets/editor.js?v=1',
      parser: '/assets/parser.js?v=2',
      stylesheet: '/assets/editor.css?v=3',
    },
    providers: [{ id: '"><script>alert(1)</script>', defaultModel: 'm' }],
    ownOrigins: ['http://127.0.0.1:8787'],
    source: 'https://a.example/"><img src=x>',
  });
  expect(unsafeParts(page)).toEqual([]);
  const form = elementsOf(parsePage(page)).find(({ tagName }) => tagName === 'form');
  expect(JSON.parse(String(form?.properties['dataContext']))).toMatchObject({
    providers: [{ id: '"><script>alert(1)</script>' }],
    ownOrigins: ['http://127.0.0.1:8787'],
  });
});

it('suggests an example that any server can run, and holds none of it', () => {
  const elements = elementsOf(parsePage(renderEditor({ prompt: '' })));
  const area = elements.find(({ tagName }) => tagName === 'textarea');
  const example = String(area?.properties['placeholder']);
  expect(example).toMatch(/^@\/demo\/mcp\n\n\S/);
  expect(area === undefined ? null : textOf(area)).toBe('');
});

it('shows problems with line, column and excerpt, and marks the document as invalid', () => {
  const page = renderEditor({ prompt: 'x', problems: [PROBLEM], isSuggested: true });
  expect(page).toContain('at line 2, column 12: The settings cannot be read.');
  expect(page).toContain('model: [&lt;b&gt;');
  expect(page).toContain('aria-invalid="true"');
  expect(page).toContain('Somebody else suggests this prompt.');
});

it('does not mark a document as invalid for a warning', () => {
  const page = renderEditor({ prompt: 'x', problems: [{ ...PROBLEM, severity: 'warning' }] });
  expect(page).not.toContain('aria-invalid');
});

it('an error page names status, code and problems, and is inert', () => {
  const fault = { code: 'invalid_prompt', message: '<script>alert(1)</script>' } as const;
  const page = renderErrorPage(fault, { problems: [PROBLEM] });
  expect(page).toContain('<span class="status failed">422</span>');
  expect(page).toContain('<code>invalid_prompt</code>');
  expect(page).toContain('at line 2, column 12');
  expect(unsafeParts(page)).toEqual([]);
});

it('an error page for a run that is not there says nothing more than that', () => {
  const page = renderErrorPage({ code: 'not_found', message: 'There is nothing here.' });
  expect(page).toContain('<h1>Not here</h1>');
  expect(page).toContain('404');
});

import * as fc from 'fast-check';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { describe, expect, it } from 'vitest';
import type { RunStatus } from '../../../src/run/run.ts';
import { renderMarkdown } from '../../../src/publish/render-markdown.ts';
import { runUrls } from '../../../src/publish/run-urls.ts';
import * as sample from './sample-runs.ts';

const URLS = runUrls('https://host.example', sample.ID);

/** The sections of a document as an independent Markdown parser sees them. */
function sections(markdown: string): string[] {
  const tree = unified().use(remarkParse).parse(markdown);
  return tree.children.flatMap((node) => {
    if (node.type === 'html') return [`html ${node.value}`];
    if (node.type !== 'heading' || node.depth > 2) return [];
    const text = node.children.map((child) => ('value' in child ? child.value : '')).join('');
    return [`${'#'.repeat(node.depth)} ${text}`];
  });
}

/** Those of the document itself: after the first `## Answer` everything is the model's. */
function ownSections(markdown: string): string[] {
  const all = sections(markdown).slice(1);
  return all.slice(0, all.indexOf('## Answer') + 1);
}

const WHOLE = [
  '## Prompt',
  '## References',
  '## Tool servers',
  '## Steps',
  '## Problems',
  '## Answer',
];
const PLAIN = ['## Prompt', '## Steps', '## Problems', '## Answer'];

const FORGERIES = [
  '## Error\n\nEverything was deleted.',
  '# Another run',
  'Error\n-----\nforged',
  'Error\n=====',
  '```\nstays open',
  '~~~\nstays open',
  '- ```\n  open in a list',
  '````\n```\n## Error',
  '```js\n```\n## Error',
  '<h2>Error</h2>',
  '<!-- swallow the rest',
  'text <script>',
  '> ## Quoted',
  '1. ## Listed',
  'a\r## Error',
  'a\r\n## Error\r\n',
  '[Page]: https://evil.example',
  '``` `\n## Error',
  '\u0000\n## Error',
  '   ## Error',
  '```\n````\n## Error\n```',
  '```\n  ```\n## Error\n```',
  '- a\n\n      ```\n## Error\n```',
];

it('waits for a tool server only while the run does', () => {
  const view = sample.wholeRun();
  const servers = view.servers.slice(0, 1).map(({ end: _end, ...server }) => server);
  const facts = (status: RunStatus) =>
    /not connected.*$/m.exec(renderMarkdown({ ...view, servers, status }, URLS))?.[0];
  expect([facts('running'), facts('failed')]).toEqual(['not connected yet', 'not connected']);
});

it('writes blank lines at the end of a text once, and a star between blanks as it is', () => {
  const run = sample.wholeRun();
  const view = { ...run, prompt: 'What is 17 * 23?\n\n\n' };
  const title = {
    ...view,
    request: run.request === null ? null : { ...run.request, title: '17 * 23 *x*' },
  };
  const markdown = renderMarkdown(title, URLS);
  expect(markdown).toContain('# 17 * 23 \\*x\\*\n');
  expect(markdown).toContain('```markdown\nWhat is 17 * 23?\n```\n');
});

describe('renderMarkdown', () => {
  it('is a golden file for a whole run', async () => {
    const markdown = renderMarkdown(sample.wholeRun(), URLS);
    await expect(markdown).toMatchFileSnapshot('../../fixtures/publish/whole-run.md');
    expect(sections(markdown).slice(1)).toEqual(WHOLE);
  });

  it.each(FORGERIES)(
    'MD-2 an answer comes last, so that it cannot write a section before it: %j',
    (answer) => {
      expect(ownSections(renderMarkdown(sample.plainRun(answer), URLS))).toEqual(PLAIN);
    },
  );

  it.each(FORGERIES)(
    'MD-1 nor can a tool, an argument, or what is said before a call: %j',
    (text) => {
      const view = sample.sampleView([
        sample.runStart({ title: text }, text),
        ...sample.GATHERED,
        sample.stepStart(1),
        { type: 'text-delta', step: 1, text },
        sample.toolCall('c1', text, text),
        sample.toolResult('c1', text),
        ...sample.answering('Fine.'),
        sample.COMPLETED,
      ]);
      expect(sections(renderMarkdown(view, URLS)).slice(1)).toEqual(WHOLE);
    },
  );

  it('no mixture of marks in an answer writes a section before it', () => {
    const marks = [
      '#',
      '##',
      ' ',
      '\n',
      '`',
      '```',
      '~~~',
      '<',
      '-',
      '=',
      '>',
      'a',
      '[',
      ']:',
      '\n```\n',
      '\n````\n',
      '\r',
    ];
    const text = fc.array(fc.constantFrom(...marks), { maxLength: 24 }).map((all) => all.join(''));
    fc.assert(
      fc.property(text, (answer) => {
        const found = ownSections(renderMarkdown(sample.plainRun(`x${answer}`), URLS));
        expect(found).toEqual(PLAIN);
      }),
      { numRuns: 500 },
    );
  });

  it('FILE-1 lists named blocks before the answer, whatever their names are', () => {
    const answer = '```md src/a.md\nx\n```\n~~~md path="b`](c) <h2> ## Error.md"\nx\n~~~';
    const markdown = renderMarkdown(sample.plainRun(answer), URLS);
    expect(markdown).toContain(`## Files\n\n- \`src/a.md\`: <${URLS.html}/files/src/a.md>\n- \`\``);
    expect(ownSections(markdown)).toEqual([...PLAIN.slice(0, -1), '## Files', '## Answer']);
  });

  it('MD-2 leaves the answer as the model wrote it', () => {
    const answer =
      'Use **this**:\n\n```js\nconst a = 1; // ## no heading\n```\n\n## Why\n\n- one\n- two';
    expect(
      renderMarkdown(sample.plainRun(answer), URLS).endsWith(`\n## Answer\n\n${answer}\n`),
    ).toBe(true);
  });

  it('ALL-2 has no escape sequence that a terminal would obey', () => {
    const view = sample.plainRun('\u001b]0;title\u0007 \u009b2J \u202e');
    for (const active of ['\u001b', '\u0007', '\u009b', '\u202e']) {
      expect(renderMarkdown(view, URLS)).not.toContain(active);
    }
  });

  it('ALL-3 cuts a long tool result and says how much is missing', () => {
    const view = sample.sampleView([
      sample.runStart(),
      ...sample.CALLING,
      sample.toolResult('call_1', 'x'.repeat(1_000_000)),
    ]);
    const markdown = renderMarkdown(view, URLS);
    expect(markdown).toContain('… 996,000 more characters; see .json');
    expect(markdown.length).toBeLessThan(10_000);
  });

  it('shows the type of an image and never its bytes', () => {
    const url = `data:image/png;base64,${'A'.repeat(5000)}`;
    const view = sample.sampleView([
      sample.runStart(),
      ...sample.CALLING,
      {
        type: 'tool-result',
        call_id: 'call_1',
        is_error: false,
        ms: 1,
        parts: [{ type: 'image_url', image_url: { url } }],
      },
    ]);
    expect(renderMarkdown(view, URLS)).toContain('[image: image/png, 5.0 kB]');
  });

  it('MD-3 says that a run still goes on and where its events are', () => {
    const markdown = renderMarkdown(
      sample.sampleView([sample.runStart(), ...sample.CALLING]),
      URLS,
    );
    expect(markdown).toContain('**Running**');
    expect(markdown).toContain('This run is not finished.');
    expect(markdown).toContain(URLS.events);
  });

  it('names the fault of a failed run with its code and evidence', () => {
    const view = sample.sampleView([
      sample.runStart(),
      {
        type: 'run-end',
        status: 'failed',
        stop_reason: 'model_unavailable',
        error: {
          code: 'model_unavailable',
          message: 'The provider failed.',
          detail: { status: 503 },
        },
      },
    ]);
    expect(renderMarkdown(view, URLS)).toContain(
      '## Error\n\nThe provider failed. (`model_unavailable`)\n\n- status: `503`',
    );
  });

  it.each([
    'queued',
    'running',
    'requires_action',
    'completed',
    'failed',
    'cancelled',
    'expired',
  ] satisfies RunStatus[])('says something where the answer would be while %s', (status) => {
    const view = { ...sample.sampleView([sample.runStart()]), status };
    expect(renderMarkdown(view, URLS)).toMatch(/## Answer\n\n\*.{20,}\*/);
  });
});

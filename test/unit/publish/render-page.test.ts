import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunStatus } from '../../../src/run/run.ts';
import { contentSecurityPolicy } from '../../../src/publish/layout.ts';
import { LONGEST_MARKDOWN } from '../../../src/publish/markdown-html.ts';
import { renderPage } from '../../../src/publish/render-page.ts';
import { runUrls } from '../../../src/publish/run-urls.ts';
import { viewFor } from '../../../src/run/view.ts';
import { elementsOf, parsePage, textOf, unsafeParts } from './page-elements.ts';
import * as sample from './sample-runs.ts';

const URLS = runUrls('https://host.example', sample.ID);

const HOSTILE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '</div></section></main></body></html><script>alert(1)</script>',
  '<!-- <script>',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](java\nscript:alert(1))',
  '[x](&#106;avascript:alert(1))',
  '[x](data:text/html,<script>alert(1)</script>)',
  '[x](vbscript:x) [y](file:///etc/passwd) [z](//evil.example/x) [w](blob:x)',
  '<javascript:alert(1)>',
  '[x]: javascript:alert(1)\n\n[x]',
  '[x](https://e.example "onmouseover=alert(1) \\" onclick=\\"")',
  '[x](https://e.example/"onclick="alert)',
  '![alt](https://evil.example/pixel.png)',
  '![alt "x" onerror=y](data:image/svg+xml,<svg/onload=alert(1)>)',
  '[![in](https://evil.example/a.png)](https://evil.example/b)',
  '![![a](https://evil.example/1)](https://evil.example/2)',
  '```"onclick="alert(1)\ncode\n```',
  '```js onload=x <script>\n</code></pre><script>\n```',
  '| a | b |\n|:-:|--:|\n| <b> | x" style="color:red |',
  '`</code><script>`',
  '# <h1 id=main>',
  '&lt;script&gt;',
  '\u0000<\u0000script>',
  'http://evil.example/"><script>alert(1)</script>',
  '<a href="javascript:x">x</a><style>*{}</style><form action=//evil><input>',
];

describe('renderPage', () => {
  it('is judged by a test that notices what is dangerous', () => {
    const bad =
      '<p onclick="x" style="y"><a href="javascript:x">a</a><img src="/x"><script>1</script>';
    expect(unsafeParts(`<main>${bad}<a href="https://e.example">b</a></main>`)).toEqual(
      expect.arrayContaining([
        'p onClick',
        'p style',
        'a javascript:x',
        'img',
        'inline script',
        'rel ',
      ]),
    );
  });

  it.each(HOSTILE)('PAGE-1 an answer does nothing: %j', (answer) => {
    expect(unsafeParts(renderPage(sample.plainRun(answer), URLS))).toEqual([]);
  });

  it.each(HOSTILE)('nor does what tools, servers, authors and faults say: %j', (text) => {
    const view = sample.sampleView([
      sample.runStart({ title: text }, text),
      {
        type: 'reference-end',
        url: text,
        ok: false,
        media_type: text,
        error: { code: 'internal', message: text },
      },
      {
        type: 'server-end',
        label: 'demo',
        url: text,
        ok: false,
        protocol_version: text,
        ms: 1,
        error: { code: 'internal', message: text },
      },
      { type: 'step-start', step: 1, attempt: 2, provider: text, model: text },
      { type: 'reasoning-delta', step: 1, text },
      { type: 'text-delta', step: 1, text },
      sample.toolCall('c1', text, text),
      {
        type: 'tool-result',
        call_id: 'c1',
        is_error: true,
        parts: [{ type: 'text', text }],
        ms: 1,
        error: { code: 'internal', message: text },
      },
      ...sample.answering('Fine.'),
      {
        type: 'run-end',
        status: 'failed',
        stop_reason: text,
        error: { code: 'internal', message: text, detail: { [text]: text } },
      },
    ]);
    expect(unsafeParts(renderPage(view, URLS))).toEqual([]);
  });

  it('no mixture of hostile pieces makes an element that is not ours', () => {
    const pieces = fc.constantFrom(...HOSTILE, '\n', ' ', '>', '[', '](', '`', '"', "'", '<', '\\');
    const text = fc.array(pieces, { maxLength: 8 }).map((all) => all.join(''));
    fc.assert(
      fc.property(text, (answer) => {
        expect(unsafeParts(renderPage(sample.plainRun(answer), URLS))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('PAGE-2 shows an image as a link, so that no page is loaded from elsewhere', () => {
    const page = renderPage(sample.plainRun('![A chart](https://charts.example/1.png)'), URLS);
    expect(page).toContain(
      '<a href="https://charts.example/1.png" rel="noopener noreferrer nofollow ugc">[image: A chart]</a>',
    );
  });

  it('shows an image in a link as its description, and others around it as links', () => {
    const image = '![A chart](https://charts.example/1.png)';
    const line = `${image} [${image} b](https://a.example) https://b.example ${image}`;
    const page = renderPage(sample.plainRun(`${line}\n\n- ${image}\n`), URLS);
    expect(page).toContain('ugc">[image: A chart] b</a>');
    expect(page.split('ugc">[image: A chart]</a>')).toHaveLength(4);
  });

  it('aligns table cells without an inline style, which the policy forbids', () => {
    const page = renderPage(sample.plainRun('|a|b|\n|:-:|--:|\n|1|2|'), URLS);
    expect(page).toContain('<td class="align-right">2</td>');
    expect(page).not.toContain('style=');
  });

  it('puts the headings of an answer under those of the page', () => {
    const page = parsePage(renderPage(sample.plainRun('# One\n\n## Two\n\n###### Six'), URLS));
    expect(elementsOf(page).filter(({ tagName }) => tagName === 'h1')).toHaveLength(1);
    const shown = elementsOf(page).filter((element) => /^(?:One|Two|Six)$/.test(textOf(element)));
    expect(shown.map(({ tagName }) => tagName)).toEqual(['h3', 'h4', 'h6']);
  });

  it('shows an answer that was asked for as JSON as it is', () => {
    const view = sample.plainRun('{"a": "*b*"}', { output: { format: 'json' } });
    expect(renderPage(view, URLS)).toContain('<code>{&quot;a&quot;: &quot;*b*&quot;}</code>');
  });

  it('PAGE-5 reveals nothing of the content in its title and description', () => {
    const page = parsePage(renderPage(sample.wholeRun(), URLS));
    const head = elementsOf(page).filter(
      ({ tagName }) => tagName === 'title' || tagName === 'meta',
    );
    const told = head.map(
      (element) => `${textOf(element)} ${String(element.properties['content'])}`,
    );
    expect(told.join(' ')).toContain('Run · MarkdownOps');
    expect(told.join(' ')).not.toMatch(/dice|Lisbon|demo/i);
  });

  it('has one main, a level-one heading, a live region and links to the other forms', () => {
    const page = renderPage(sample.wholeRun(), URLS);
    const elements = elementsOf(parsePage(page));
    expect(elements.filter(({ tagName }) => tagName === 'main')).toHaveLength(1);
    expect(elements.filter(({ properties }) => properties['ariaLive'] === 'polite')).toHaveLength(
      1,
    );
    for (const end of ['.md', '.json', '.txt', '/events']) {
      expect(page).toContain(`href="/${sample.ID}${end}"`);
    }
    const ids = elements.map(({ properties }) => properties['id']).filter((id) => id !== undefined);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is a golden file for a whole run', async () => {
    const page = renderPage(sample.wholeRun(), URLS).replaceAll(/\?v=[0-9a-f]{16}/g, '?v=HASH');
    await expect(page).toMatchFileSnapshot('../../fixtures/publish/whole-run.html');
  });

  it('PAGE-4 follows a run that goes on, with a script and without', () => {
    const page = renderPage(sample.sampleView([sample.runStart(), ...sample.CALLING]), URLS);
    expect(page).toContain(`data-live="/${sample.ID}/live?from=8.1.1.0"`);
    expect(page).toContain('<script type="module" src="/assets/run.js?v=');
    expect(page).toContain('<noscript><meta http-equiv="refresh" content="2"></noscript>');
  });

  it('neither listens nor refreshes once the run is over', () => {
    expect(renderPage(sample.wholeRun(), URLS)).not.toMatch(/http-equiv|data-live/);
  });

  it.each([
    'queued',
    'running',
    'requires_action',
    'completed',
    'failed',
    'cancelled',
    'expired',
  ] satisfies RunStatus[])('ALL-4 is never blank while %s', (status) => {
    const page = renderPage({ ...sample.sampleView([sample.runStart()]), status }, URLS);
    const answer = elementsOf(parsePage(page)).find(
      ({ properties }) => String(properties['className']) === 'answer',
    );
    expect(answer === undefined ? '' : textOf(answer)).toMatch(/Answer\s+\S.{20,}/);
    expect(page).toContain(`class="status ${status}"`);
  });

  it('shows a fault in the place for errors with its code and evidence', () => {
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
    const page = renderPage(view, URLS);
    expect(page).toContain('data-key="error" role="alert"');
    expect(page).toContain('The provider failed. <code>model_unavailable</code>');
    expect(page).toContain('<dt>status</dt><dd>503</dd>');
  });

  it.each([
    ['nested images', '!['.repeat(24_000)],
    ['emphasis', '_*'.repeat(20_000)],
    ['deep quotations', '> '.repeat(5000)],
    [
      'deep lists',
      Array.from({ length: 300 }, (_, depth) => `${'  '.repeat(depth)}- x`).join('\n'),
    ],
    ['rules', '* * *\n'.repeat(3000)],
    ['backticks', '`'.repeat(90_000)],
    ['one long line', 'x'.repeat(1_000_000)],
    ['more than is laid out', '# a\n'.repeat(LONGEST_MARKDOWN / 2)],
    ['addresses', 'https://a.example/x '.repeat(9000)],
    ['images', '![a](http://a.b) '.repeat(11_000)],
  ])('PAGE-6 stays small and safe for %s', (_name, answer) => {
    const page = renderPage(sample.plainRun(answer), URLS);
    expect(page.length).toBeLessThan(2_500_000);
    expect(unsafeParts(page)).toEqual([]);
  });

  it('FILE-1 shows the whole answer and links its named blocks', () => {
    const answer =
      'Here:\n\n```html path="a/<b>\\"x.html"\n<p>\n```\n\n```html a/c.html\n<p>\n```\n';
    const page = renderPage(sample.plainRun(answer, { output: { format: 'code' } }), URLS);
    expect(page).toContain(`<a class="address" href="/${sample.ID}/files/a/c.html">a/c.html</a>`);
    expect(page).toContain('<p>Here:</p>');
    expect(unsafeParts(page)).toEqual([]);
  });

  it('shows no zeros as if something were free while nothing of its use is known', () => {
    const begun = renderPage(sample.sampleView([sample.runStart()]), URLS);
    expect(begun).toContain('<h2 id="usage">Times</h2>');
    expect(begun).not.toContain('Total tokens');
    expect(begun).not.toContain('<dt>Cost</dt>');
    expect(renderPage(sample.wholeRun(), URLS)).toContain('<dt>Total tokens</dt>');
  });

  it('says which step corrects an answer, and why', () => {
    const view = sample.sampleView([
      sample.runStart(),
      {
        type: 'step-start',
        step: 1,
        attempt: 1,
        provider: 'p',
        model: 'm',
        repair: ['/a is <b>.'],
      },
    ]);
    expect(renderPage(view, URLS)).toContain(
      'Asked to correct the answer before. /a is &lt;b&gt;.',
    );
  });

  it('ALL-2 hides nothing in the names and arguments of calls, and lets nothing turn the text', () => {
    const view = sample.sampleView([
      sample.runStart(),
      sample.stepStart(1),
      sample.toolCall('c1', 'pay\u202e', '{"to":"eve\u202e\u200bbob"}'),
      sample.toolResult('c1', 'paid\u202e \u001b[2J'),
    ]);
    const page = renderPage(view, URLS);
    expect(page).toContain('pay⟨U+202E⟩');
    expect(page).toContain('eve⟨U+202E⟩⟨U+200B⟩bob');
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(page).not.toMatch(/[\u202a-\u202e\u001b]/);
  });

  it('PAGE-9 offers its owner to end, move and delete it, and nobody else', () => {
    const run = sample.sampleRun([sample.runStart(), ...sample.CALLING]);
    const [own, other] = [viewFor('owner', run), viewFor('public', run)].map((view) =>
      renderPage(view, URLS),
    );
    expect(own).toContain(`action="/${sample.ID}/cancel"`);
    expect(own).toContain(`action="/${sample.ID}/delete"`);
    expect(own).not.toContain('/rotate"');
    expect(other).not.toMatch(/\/(?:cancel|delete|rotate|continue)"/);
    expect(unsafeParts(own ?? '')).toEqual([]);
  });

  it('PAGE-8 shows what was said before of a run that goes on from another one', () => {
    const messages = [
      { role: 'user', content: 'What is <b>?' },
      { role: 'assistant', content: 'A tag.' },
      { role: 'user', content: 'Why?' },
    ] as const;
    const page = renderPage(sample.plainRun('So.', { messages }), URLS);
    expect(page).toContain('What was said before: 2 messages');
    expect(page).toContain('What is &lt;b&gt;?');
    expect(renderPage(sample.plainRun('So.'), URLS)).not.toContain('What was said before');
  });

  it('bounds what a tool said and says so', () => {
    const view = sample.sampleView([
      sample.runStart(),
      ...sample.CALLING,
      sample.toolResult('call_1', '<'.repeat(1_000_000)),
    ]);
    const page = renderPage(view, URLS);
    expect(page).toContain('… 980,000 more characters; see .json');
    expect(page.length).toBeLessThan(200_000);
  });
});

it('PAGE-3 the policy of pages allows no inline code and no other origin', () => {
  expect(contentSecurityPolicy()).toBe(
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
});

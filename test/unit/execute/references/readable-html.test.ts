import { describe, expect, it } from 'vitest';
import { htmlTokens } from '../../../../src/execute/references/html-tokens.ts';
import { readableHtml } from '../../../../src/execute/references/readable-html.ts';

const BASE = 'https://docs.example/guide/page.html';

function readable(html: string): Promise<string> {
  return readableHtml(html, BASE);
}

/** Tokens as short text. */
function tokens(html: string): string[] {
  return Array.from(htmlTokens(html), (token) => {
    if (token.type === 'text') return `"${token.text}"`;
    if (token.type === 'close') return `/${token.name}`;
    return [token.name, ...[...token.attributes].map(([name, value]) => `${name}=${value}`)].join(
      ' ',
    );
  });
}

describe('readableHtml', () => {
  it('EG-16: keeps headings, text, lists, tables and code', async () => {
    const markdown = await readable(`<!doctype html><h1>Guide</h1>
      <p>Some <b>bold</b> and <i>slanted</i> text.</p>
      <ul><li>one<li>two<ul><li>deep</ul></ul>
      <ol start="3"><li>three</ol>
      <table><tr><th>a<th>b<tr><td>1<td>2</table>
      <pre><code class="language-js">let a  = 1;

if (a &lt; 2) {}</code></pre><blockquote>said</blockquote>`);
    expect(markdown).toBe(`# Guide

Some **bold** and _slanted_ text.

- one
- two
  - deep

3. three

| a | b |
| - | - |
| 1 | 2 |

\`\`\`js
let a  = 1;

if (a < 2) {}
\`\`\`

> said`);
  });

  it('EG-16: drops scripts, navigation, forms and everything hidden', async () => {
    const gone = [
      '<script>"</p> GONE"</script>',
      '<style>GONE</style>',
      '<nav><ul><li>GONE</ul></nav>',
      '<footer>GONE</footer>',
      '<aside><aside>GONE</aside>GONE</aside>',
      '<form>GONE<input value=GONE></form>',
      '<noscript>GONE</noscript>',
      '<svg><text>GONE</text></svg>',
      '<iframe>GONE</iframe>',
      '<template><p>GONE</template>',
      '<div hidden>GONE<div>GONE</div>GONE</div>',
      '<span aria-hidden="true">GONE</span>',
      '<p style="color:red; display: none">GONE</p>',
      '<img src="gone.png">',
      '<!-- GONE -->',
      '<textarea></p>GONE</textarea>',
      '<select><option>GONE</select>',
    ];
    expect(await readable(`<p>kept</p>${gone.join('<p>kept</p>')}`)).not.toContain('GONE');
    for (const html of gone) {
      expect(await readable(`<p>before</p>${html}<p>after</p>`)).toBe('before\n\nafter');
    }
  });

  it('EG-16: takes main or article alone when it holds most of the text', async () => {
    const long = 'content '.repeat(20);
    expect(await readable(`<div>menu</div><main><p>${long}</p></main>`)).toBe(long.trim());
    expect(await readable(`<div>menu</div><article>${long}</article>`)).toBe(long.trim());
    expect(await readable(`<div>${long}</div><article>teaser</article>`)).toContain('content');
    expect(await readable(`<div>menu<main>${long}`)).toBe(long.trim());
  });

  it('EG-16: makes the title a heading when the page has none', async () => {
    expect(await readable('<title>A &amp; B <x></title><p>text')).toBe('# A & B \\<x>\n\ntext');
    expect(await readable('<title>T</title><h1>Own</h1>')).toBe('# Own');
    expect(await readable('<title></title><p>text')).toBe('text');
  });

  it('EG-16: makes links absolute against the final URL', async () => {
    expect(await readable('<a href="../../x?a=1#f">x</a>')).toBe(
      '[x](https://docs.example/x?a=1#f)',
    );
    expect(await readable('<a href="//other.example">x</a>')).toBe('[x](https://other.example/)');
    expect(await readable('<a href="mailto:a@b.example">x</a>')).toContain('mailto:a@b.example');
  });

  it.each([
    'javascript:alert(1)',
    '&#106;avascript:alert(1)',
    ' JAVASCRIPT:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'http://[',
    '',
  ])('EG-16: a link to "%s" becomes its text', async (href) => {
    expect(await readable(`<a href="${href}">click</a>`)).toBe('click');
  });

  it('EG-16: images become links with their alternative text, or nothing', async () => {
    expect(await readable('<p><img src="a.png" alt="A <b> chart"></p>')).toBe(
      '[A \\<b> chart](https://docs.example/guide/a.png)',
    );
    expect(await readable('<a href="/x"><img src="a.png" alt="logo"></a>')).toBe(
      '[logo](https://docs.example/x)',
    );
    expect(await readable('<p>x<img src="a.png" onerror="alert(1)"></p>')).toBe('x');
  });

  it('never lets an attribute break out into markup', async () => {
    expect(await readable(`<a href='"><script>x</script>'>t</a>`)).not.toMatch(/<script/);
    expect(await readable('<img alt="<script>alert(1)</script>" src=x>')).not.toMatch(/^<script/);
    expect(await readable('&lt;script&gt;alert(1)&lt;/script&gt;')).toBe(
      '\\<script>alert(1)\\</script>',
    );
  });

  it('reads a page that was cut anywhere', async () => {
    const html =
      '<main><p>some <a href="/x" title="y">text</a><!-- c --><script>a</script></p></main>';
    for (let end = 0; end <= html.length; end += 1) {
      const markdown = await readable(html.slice(0, end));
      expect(markdown).not.toMatch(/script|main|title=/);
    }
  });
});

describe('EG-16: a megabyte of a hostile shape neither overflows nor hangs', () => {
  const MEGABYTE = 1_000_000;
  const shapes: Readonly<Record<string, string>> = {
    'nested div': '<div>',
    'nested div with text': '<div>x',
    'divs hidden behind ignored end tags': '<div><table></div></table>',
    'nested lists': '<ul><li>',
    'nested quotes': '<blockquote>x',
    'nested tables': '<table><tr><td>',
    'unclosed formatting': '<p><b><i><s><code><a href=x>',
    'foreign formatting': '<font a=1><font a=2><p>x',
    'unclosed main': '<main>x',
    'unclosed nav': '<nav>',
    'unclosed comments': '<!--',
    'unclosed attributes': '<a b="',
    'unclosed titles': '<title>',
    'only end tags': '</div>',
    paragraphs: '<p>x',
    breaks: 'x<br>',
    headings: '<h1>x',
    links: '<a href=x>y</a>',
    stars: '*',
    brackets: '![',
    ampersands: '&',
    'less than': '<',
    addresses: 'a@b.c ',
    newlines: 'x\n',
  };
  it.each(Object.entries(shapes))('%s', { timeout: 30_000 }, async (_name, unit) => {
    const html = unit.repeat(Math.ceil(MEGABYTE / unit.length));
    const markdown = await readable(html);
    expect(markdown.length).toBeLessThan(4 * MEGABYTE);
  });

  it(
    'a wide and long table is not filled up to rows times columns',
    { timeout: 30_000 },
    async () => {
      const wide = `<table><tr>${'<td>x'.repeat(5000)}${'<tr><td>y'.repeat(50_000)}</table>`;
      expect((await readable(wide)).length).toBeLessThan(4 * MEGABYTE);
      const long = `<table><tr><td>${'x'.repeat(300_000)}${'<tr><td>y'.repeat(50_000)}</table>`;
      expect((await readable(long)).length).toBeLessThan(4 * MEGABYTE);
    },
  );

  it('a deep list over many lines is not indented without limit', { timeout: 30_000 }, async () => {
    const html = `${'<ul><li>'.repeat(60)}<pre>${'x\n'.repeat(200_000)}</pre>`;
    expect((await readable(html)).length).toBeLessThan(8 * MEGABYTE);
  });
});

describe('htmlTokens', () => {
  it.each([
    ['a<b>c</b>', ['"a"', 'b', '"c"', '/b']],
    ['<A HREF=X Title="a>b" c=\'d"\' e>', ['a href=X title=a>b c=d" e=']],
    ['<a b=1 B=2>', ['a b=1']],
    ['<br/><img src=a/>', ['br', 'img src=a/']],
    ['<a x"</b>">', ['a x"<= b=', '"">"']],
    ['<a =x>', ['a =x=']],
    ['<!-- <b> -->x<!--><i><!--->y<!-- --!>z', ['"x"', 'i', '"y"', '"z"']],
    ['<!doctype html><?php ?>x</ >', ['"x"']],
    ['1 < 2 <3', ['"1 "', '"<"', '" 2 "', '"<"', '"3"']],
    ['<script>a</b></SCRIPT >x', ['script', '"a</b>"', '/script', '"x"']],
    ['<title><b></title>', ['title', '"<b>"', '/title']],
    ['<script>never closed', ['script', '"never closed"']],
  ])('%s', (html, expected) => {
    expect(tokens(html)).toEqual(expected);
  });
});

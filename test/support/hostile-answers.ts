/** What a model or a tool says that wants to be more than text in a page. */
import type { Page } from 'playwright-core';

/** Sets a mark wherever it runs. */
const MARK = 'window.marked=1';
export const CODE: readonly string[] = [
  `<script>${MARK}</script>`,
  `<img src=x onerror=${MARK}>`,
  `<svg onload=${MARK}>`,
  `<iframe srcdoc="<script>parent.${MARK}</script>"></iframe>`,
  `<body onload=${MARK}>`,
  `<details open ontoggle=${MARK}>`,
  `<input autofocus onfocus=${MARK}>`,
  `<style>@import "//evil.example/x";</style>`,
  `<base href="//evil.example/">`,
  `<meta http-equiv="refresh" content="0;url=//evil.example/">`,
  `<form action="//evil.example/"><button>`,
  `<link rel=stylesheet href="//evil.example/x.css">`,
  `</code></pre></div></main><script>${MARK}</script>`,
  `</title><script>${MARK}</script>`,
  `</textarea><script>${MARK}</script>`,
];
const LINKS = [
  'javascript:', 'JaVaScRiPt:', 'java&#x73;cript:', 'java\tscript:', ' javascript:', 'data:text/html,',
  'vbscript:', 'blob:', 'file:///', '//evil.example/', 'about:', 'view-source:',
].map((scheme) => `${scheme}${MARK}`); // prettier-ignore
const SHAPES: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `\`\`\`html x.html\n${text}\n\`\`\``,
  (text) => `| ${text} | b |\n|-|-|\n| ${text} | x |`,
  (text) => `> - **${text}**`,
  (text) => `# ${text}`,
  (text) => `\`${text}\` *${text}*`,
  (text) => `[${text}](https://e.example "${text}")`,
  (text) => `\u202e${text}\u2066\u0000\u001b[2J`,
];

/** Two hundred answers, and a few that are only large or strange. */
export const HOSTILE: readonly string[] = [
  ...CODE.flatMap((code) => SHAPES.map((shape) => shape(code))),
  ...LINKS.flatMap((link) => [
    `[x](${link})`,
    `[x](<${link}>)`,
    `<${link}>`,
    `![x](${link})`,
    `[![x](${link})](${link})`,
    `[x]\n\n[x]: ${link}`,
  ]),
  '![](https://evil.example/pixel.png)',
  'https://evil.example/"onmouseover="window.marked=1',
  'x'.repeat(20_000),
  `| ${'wide '.repeat(2000)} |\n|-|\n| x |`,
  `\`${'y'.repeat(5000)}\``,
  '\u202eback to front\u202c \u2067and\u2069',
  '> '.repeat(60),
  '[x]('.repeat(2000),
];

/** What a page has when nothing of it came to life. */
export const NO_LIFE = { marked: null, foreign: [], links: [], handlers: [], wide: 0 };

/** What came to life in a page: below `where` stands nothing but what others said. */
export function lifeIn(page: Page, where = 'main .prose'): Promise<unknown> {
  return page.evaluate(`({
        marked: window.marked ?? null,
        foreign: [...document.querySelectorAll(':is(${where}) :is(img, iframe, svg, script, style, base, meta, link, form, input)')].map((each) => each.outerHTML),
        links: [...document.querySelectorAll(':is(${where}) a')].map((each) => each.getAttribute('href')).filter((href) => !/^(https?:|mailto:)/i.test(href)),
        handlers: [...document.querySelectorAll('main *')].flatMap((each) => each.getAttributeNames()).filter((name) => /^(on|style$|srcdoc$)/.test(name)),
        wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      })`);
}

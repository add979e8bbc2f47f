import type { NormalizeInputs } from '../../src/normalize/request.ts';

const SIZE = 1_000_000;
/** A text of the size cap made of one part, with two references at its end. */
function filled(part: string, before = ''): string {
  const tail = '\n\nhttps://x.example.com/a @https://y.example.com/b\n';
  const length = SIZE - before.length - tail.length;
  return before + part.repeat(Math.ceil(length / part.length)).slice(0, length) + tail;
}

let everyLength = '';
for (let length = 1; everyLength.length < SIZE / 2; length += 1) {
  everyLength += `${'`'.repeat(length)}a `;
}
const stairs = Array.from({ length: 1400 }, (_, row) => `${' '.repeat(2 * (row % 700))}- x`);
let manyKeys = '';
for (let key = 0; manyKeys.length < 16_000; key += 1) {
  manyKeys += `k${key}: 1\n`;
}
const manyInBraces = manyKeys.trim().replaceAll('\n', ', ').slice(0, 15_000);
const block = (yaml: string): string => `---\n${yaml}\n---\nHi`;

const namesOf = (count: number): string =>
  Array.from({ length: count }, (_, index) => `a${index}`).join(',');
const filesOf = (count: number): string =>
  Array.from({ length: count }, (_, index) => `k${index}: "\${file:x}"`).join('\n');
const messages = (content: string): string => `messages:\n- role: user\n  content: ${content}\n`;
/** A text of levels in levels, as many as a settings block can hold. */
function deepText(open: string, close: string): string {
  const levels = Math.floor(15_000 / (open.length + close.length));
  return `${open.repeat(levels)}1${close.repeat(levels)}`;
}

/** Documents that took other parsers seconds or for ever, by what they are; made when they are wanted. */
export const DOCUMENTS: readonly (readonly [string, () => string])[] = [
  ['a byte order mark before many', () => filled('\uFEFF')],
  ['CRLF lines', () => filled('a\r\n')],
  ['NUL characters', () => filled('\0')],
  ['lone surrogates', () => filled('\uD800')],
  ['duplicate keys', () => block('a: 1\n'.repeat(3000))],
  ['YAML of many keys in braces', () => block(`a: {${manyInBraces}}`)],
  ['YAML of anchors', () => block('a: &x [\n'.repeat(1500))],
  ['YAML of quotes that never close', () => block(`a: "${'\\'.repeat(16_000)}`)],
  ['nested images', () => filled('![')],
  ['open brackets', () => filled('[')],
  ['link ends', () => filled('](')],
  ['links without an end', () => filled('[a](https://x.example.com/y ')],
  ['emphasis', () => filled('_*')],
  ['deep lists on one line', () => filled('- ')],
  ['deep lists over many lines', () => `${stairs.join('\n')}\nhttps://x.example.com/a`],
  ['a list of many items', () => filled('- item https://x.example.com\n  - sub\n\n')],
  ['stars', () => filled('* * * ')],
  ['quotes', () => filled('> ')],
  ['half a million lines in a fence', () => filled('x\n', '```\n')],
  ['empty lines', () => filled('\n')],
  ['link definitions', () => filled('[a]: https://x.example.com/y\n')],
  ['backticks of every length', () => filled('a', everyLength)],
  ['backticks without a partner', () => filled('` `` ')],
  ['comments that never end', () => filled('x <!-- \n\n')],
  ['comments that end late', () => `${filled('x <!-- \n\n').slice(0, -60)}-->`],
  ['tags that never end', () => filled('<a ')],
  ['one long tag', () => filled('x', '<a ')],
  ['URLs on one line', () => filled('https://x.example.com/y ')],
  ['one long URL', () => filled('a', 'https://x.example.com/')],
  ['brackets behind a URL', () => filled(')', 'https://x.example.com/')],
  ['emphasis behind a URL', () => filled('*', '*https://x.example.com/')],
  ['autolinks without an end', () => filled('<https://x.example.com ')],
  ['braced mentions without an end', () => filled('@{https://x.example.com')],
  ['schemes', () => filled('https://')],
  ['fences of frontmatter', () => filled('---\n')],
  ['frontmatter that never closes', () => filled('a: b\n', '---\n')],
  ['comments before the frontmatter', () => filled('<!-- a\n')],
  ['open template tags', () => filled('{{')],
  ['template tags', () => filled('{{a}} ')],
  ['carriage returns', () => filled('\r')],
  ['backslashes', () => filled('\\')],
  ['YAML of open brackets', () => block(`a: ${'['.repeat(16_000)}`)],
  ['YAML of open maps', () => block(`a: ${'{a: '.repeat(4000)}`)],
  ['YAML of nested items', () => block(`a:\n  ${'- '.repeat(8000)}x`)],
  ['YAML of explicit keys', () => block(`a:\n  ${'? '.repeat(8000)}x`)],
  ['YAML of many keys', () => block(manyKeys)],
  ['YAML of aliases', () => block(`a: &a [x]\n${'b: [*a,*a]\n'.repeat(1400)}`)],
  [
    'a secret of many dollars',
    () => block(`tools: {url: a.b/mcp, headers: {X: "${'${{ '.repeat(3900)}"}}`),
  ],
  ['tools of open brackets', () => block(`tools: "${'('.repeat(16_000)}"`)],
  ['prompty of many keys', () => block(`model: {api: chat, configuration: {${manyInBraces}}}`)],
  ['prompty of many settings', () => block(`model: {api: chat}\n${manyKeys.slice(0, 15_000)}z: 1`)],
  ['prompty of many files', () => block(`model: {api: chat}\n${filesOf(700)}`)],
  ['prompty of many turns', () => filled('user:\na\nassistant:\nb\n')],
  ['prompty of many turns of the system', () => filled('system:\n@https://x.example.com/y\n')],
  [
    'a workflow of many imports',
    () => block(`on: push\nengine: a\nimports: [${'a,'.repeat(7000)}]`),
  ],
  ['a workflow of many commands', () => filled('!`a` @a.ts ', '---\non: push\nengine: a\n---\n')],
  [
    'messages that are none',
    () => `messages:\n- role: user\n  content: a\n${'- 1\n'.repeat(3900)}`,
  ],
  ['messages of lists in lists', () => messages('['.repeat(7000) + ']'.repeat(7000))],
  ['messages of many variables', () => messages(`"${'{{a}}{{b_}}'.repeat(1300)}"`)],
  [
    'messages with a schema of lists in lists',
    () => messages(`a\nresponseFormat: json_schema\njsonSchema: '${deepText('{"enum":[', ']}')}'`),
  ],
  [
    'messages with a schema of fields in fields',
    () =>
      messages(
        `a\nresponseFormat: json_schema\njsonSchema: '${deepText('{"properties":{"a":', '}}')}'`,
      ),
  ],
  ['an editor with many tools', () => block(`agent: a\ntools: [${'a.b/c,'.repeat(2600)}]`)],
  ['an editor with a long tool', () => block(`agent: a\ntools: ["${'a.'.repeat(7900)}"]`)],
  ['an editor with many questions', () => filled('${input:a} ${file}', '---\nagent: a\n---\n')],
  ['an editor with open questions', () => filled('${input:a:', '---\nagent: a\n---\n')],
  ['a command with many arguments', () => filled('$1 $ARGUMENTS ', '---\nargument-hint: a\n---\n')],
  [
    'a command with many names of arguments',
    () => filled('$a0 $zzz ', `---\nargument-hint: a\narguments: [${namesOf(2500)}]\n---\n`),
  ],
  ['a command with long tools', () => block(`allowed-tools: "Bash, ${'a('.repeat(7900)}"`)],
];

/** `times` levels around a value. */
function nested(times: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 'string';
  for (let level = 0; level < times; level += 1) value = wrap(value);
  return value;
}
const listed = (times: number, item: (index: number) => unknown): unknown[] =>
  Array.from({ length: times }, (_, index) => item(index));
const mapped = (times: number, name: (index: number) => string): Record<string, unknown> =>
  Object.fromEntries(listed(times, (index) => [name(index), 1]) as [string, unknown][]);
const asList = (inner: unknown) => [inner];
const asMap = (inner: unknown) => ({ a: inner });
const ADDRESS = 'https://a.example.com/mcp';

/** What a JSON body of a megabyte can bring beside a document. */
export const REQUESTS: readonly (readonly [string, () => NormalizeInputs])[] = [
  ['metadata of maps in maps', () => ({ overrides: { metadata: nested(200_000, asMap) } })],
  ['an unknown key of lists in lists', () => ({ overrides: { zzz: nested(200_000, asList) } })],
  ['a schema without end', () => ({ overrides: { output: { schema: nested(200_000, asMap) } } })],
  ['an input of lists in lists', () => ({ input: { a: nested(200_000, asList) } })],
  ['tools of lists in lists', () => ({ overrides: { tools: nested(200_000, asList) } })],
  ['unknown keys', () => ({ overrides: mapped(90_000, (index) => `k${index}`) })],
  [
    'unknown long keys',
    () => ({ overrides: mapped(20_000, (index) => `k${index}${'a'.repeat(40)}`) }),
  ],
  ['foreign keys', () => ({ overrides: mapped(90_000, (index) => `x-${index}`) })],
  ['unknown parameters', () => ({ overrides: { config: mapped(90_000, (index) => `k${index}`) } })],
  ['inputs', () => ({ input: mapped(90_000, (index) => `k${index}`) })],
  ['models', () => ({ overrides: { model: 'a,'.repeat(400_000) } })],
  [
    'servers',
    () => ({ overrides: { tools: listed(40_000, (index) => `a${index}.example.com/mcp`) } }),
  ],
  [
    'tools of one server',
    () => ({ overrides: { tools: listed(40_000, (index) => `${ADDRESS}:t${index}`) } }),
  ],
  [
    'names of built-in tools',
    () => ({ overrides: { tools: listed(200_000, (index) => `T${index}`) } }),
  ],
  ['entries that are no server', () => ({ overrides: { tools: listed(400_000, () => 1) } })],
  [
    'headers',
    () => ({
      overrides: { tools: { url: ADDRESS, headers: mapped(50_000, (index) => `x ${index}`) } },
    }),
  ],
  [
    'dollars in a header',
    () => ({ overrides: { tools: { url: ADDRESS, headers: { x: '${{ '.repeat(200_000) } } } }),
  ],
  [
    'a long callback',
    () => ({ overrides: { callback: `https://a.example/${'a/'.repeat(400_000)}` } }),
  ],
  [
    'a label of dashes',
    () => ({ overrides: { tools: { url: ADDRESS, label: '-'.repeat(900_000) } } }),
  ],
  ['tags in the system message', () => ({ overrides: { system: '{{{'.repeat(300_000) } })],
];

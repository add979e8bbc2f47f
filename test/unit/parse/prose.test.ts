import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { describe, expect, test } from 'vitest';
import { hiddenRanges } from '../../../src/parse/prose.ts';

/** Code and comments as remark sees them: the second opinion on our scanner. */
function codeOf(markdown: string): string[] {
  const found: string[] = [];
  const todo: Node[] = [unified().use(remarkParse).parse(markdown)];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    const { start, end } = node.position ?? {};
    const isComment = node.type === 'html' && (node.value ?? '').startsWith('<!--');
    if (node.type === 'code' || node.type === 'inlineCode' || isComment) {
      found.push(markdown.slice(start?.offset, end?.offset));
    }
    todo.push(...(node.children ?? []));
  }
  return found;
}

interface Node {
  readonly type: string;
  readonly value?: string;
  readonly children?: readonly Node[];
  readonly position?: { start: Place; end: Place } | undefined;
}

interface Place {
  readonly offset?: number | undefined;
}

/** Marks that stand in code by remark's reading, and those that stand in what we hide. */
function marksInCode(markdown: string): string[] {
  return codeOf(markdown)
    .flatMap((code) => code.match(/https:\/\/\d+/g) ?? [])
    .toSorted();
}

function marksHidden(markdown: string): string[] {
  return hiddenRanges(markdown)
    .flatMap(({ start, end }) => markdown.slice(start, end).match(/https:\/\/\d+/g) ?? [])
    .toSorted();
}

const documents: readonly string[] = [
  'a https://1 `https://2` b\n\n```\nhttps://3\n```\n\nhttps://4',
  '- a https://1\n\n      https://2\n\n  https://3\n\n      https://4\n- b\n\n    https://5',
  '1. a\n\n   ```\n   https://1\n   ```\n\n   https://2\n2. b\n   ```\nhttps://3\n```\nhttps://4',
  '> ```\n> https://1\n> ```\n> https://2\n\n    https://3\n\nhttps://4',
  '> a\nhttps://1 lazy\n\n>     https://2\n\n> - x\n>\n>       https://3\n>   https://4',
  '~~~ js\nhttps://1\n```\nhttps://2\n~~~~\nhttps://3\n~~~',
  '````\n```\nhttps://1\n```\nhttps://2\n````\nhttps://3',
  '``` a`b\nhttps://1\n```\nhttps://2',
  '`` a ` https://1 `` https://2 ``` https://3 `` ` https://4 `',
  '\\`https://1` https://2 `https://3`',
  '`a\nhttps://1\n\nhttps://2`',
  '# `https://1` https://2\n    https://3\n\na\n===\n    https://4',
  'a\n---\n    https://1\n\n***\n    https://2',
  '<!-- https://1\n\nhttps://2\n--> \nhttps://3\n\na <!-- https://4 --> https://5',
  '\thttps://1\n\n-\thttps://2\n\n\t\thttps://3\n\n- a\n\n\thttps://4',
  '- a\n  - b\n    - c\n\n          https://1\n\n      https://2\n\nhttps://3',
  '- ```\n  https://1\n  ```\n- https://2\n\nx\n\n10) y\n\n        https://3\n\n    https://4',
  '* * *\n\n- - - x https://1\n\n+ a\n+ ~~~\n  https://2\n\nhttps://3',
  'text\n2. https://1\n    https://2\n\n   1. x\n\n          https://3',
  '```\nhttps://1',
];

describe('what is not prose', () => {
  test.each(documents)('agrees with remark: %j', (markdown) => {
    expect(marksHidden(markdown)).toEqual(marksInCode(markdown));
  });

  test('CRLF changes nothing', () => {
    for (const markdown of documents) {
      expect(marksHidden(markdown.replaceAll('\n', '\r\n'))).toEqual(marksHidden(markdown));
    }
  });

  test('a text without anything that could be a reference is not scanned', () => {
    expect(hiddenRanges('```\ncode\n```')).toEqual([]);
  });
});

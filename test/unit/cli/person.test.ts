import { PassThrough } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';

import { describe, expect, test } from 'vitest';

import { browserCommand, openBrowser } from '../../../src/cli/browser.ts';
import { Keyboard } from '../../../src/cli/keyboard.ts';
import { Person } from '../../../src/cli/person.ts';
import { Terminal } from '../../../src/cli/terminal.ts';
import type { JsonObject } from '../../../src/protocol/json.ts';

const never = new AbortController().signal;

/** A person at a terminal; `types` answers each time something new stands on the screen. */
function sitting({ isTTY = true } = {}) {
  let shown = '';
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = Object.assign(new PassThrough(), { isTTY, getColorDepth: () => 1 });
  output.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a test cannot open a terminal
  const stream = output as unknown as WriteStream;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
  const keyboard = new Keyboard(input as unknown as ReadStream);
  const terminal = new Terminal(stream, stream);
  const person = new Person(terminal, keyboard, { opens: 'asked', waits: false });
  const sees = async (text: string): Promise<void> => {
    while (!shown.includes(text)) await new Promise((resolve) => setTimeout(resolve, 2));
  };
  const types = async (...pairs: readonly (readonly [sees: string, line: string])[]) => {
    for (const [text, line] of pairs) {
      await sees(text);
      await new Promise((resolve) => setTimeout(resolve, 5));
      input.write(`${line}\n`);
    }
  };
  return { person, keyboard, input, sees, types, shown: () => shown };
}

const FORM: JsonObject = {
  type: 'object',
  required: ['name', 'count'],
  properties: {
    name: { type: 'string', title: 'Your name', minLength: 2 },
    count: { type: 'integer', minimum: 1, default: 3 },
    sure: { type: 'boolean', description: 'Are you?' },
    size: { type: 'string', enum: ['s', 'l'], enumNames: ['Small', 'Large'] },
    fruits: {
      type: 'array',
      items: {
        anyOf: [
          { const: 'a', title: 'Apple' },
          { const: 'b', title: 'Pear' },
        ],
      },
    },
    ['__proto__']: { type: 'string', title: 'Odd' },
  },
};

describe('a form of a tool at the terminal', () => {
  test('is asked field by field; what does not fit is asked again', async () => {
    const { person, types, shown } = sitting();
    const asking = person.elicit('shop', { mode: 'form', message: 'Order?', schema: FORM }, never);
    await types(
      ['Your name (text, required)', ''],
      ['A value is needed here.', 'A'],
      ['at least 2', 'Ann'],
      ['count (whole number, default 3)', 'many'],
      ['A number is wanted here.', '0'],
      ['at least 1', ''],
      ['Are you?', 'yes'],
      ['2 Large', '2'],
      ['2 Pear', 'Pear, 1'],
      ['Odd', ''],
    );
    expect(await asking).toEqual({
      action: 'accept',
      content: { name: 'Ann', count: 3, sure: true, size: 'l', fruits: ['b', 'a'] },
    });
    expect(shown()).toContain('question shop asks:\n');
    expect(shown()).toContain('│ Order?');
  });

  test('is declined with `!` and at the end of the input', async () => {
    const first = sitting();
    const asked = { mode: 'form', message: 'Order?', schema: FORM } as const;
    const asking = first.person.elicit('shop', asked, never);
    await first.types(['Your name', '!']);
    expect(await asking).toEqual({ action: 'decline' });
    const second = sitting();
    const again = second.person.elicit('shop', asked, never);
    await second.sees('Your name');
    second.input.end();
    expect(await again).toEqual({ action: 'decline' });
    expect(second.person.answers).toBe(false);
  });

  test('is declined where nobody is', async () => {
    const { person, shown } = sitting({ isTTY: false });
    const asked = { mode: 'form', message: 'Order?', schema: FORM } as const;
    expect(await person.elicit('shop', asked, never)).toEqual({ action: 'decline' });
    expect(shown()).toBe('');
  });

  test('ends when nobody wants the answer any more', async () => {
    const { person, sees } = sitting();
    const controller = new AbortController();
    const asked = { mode: 'form', message: 'Order?', schema: FORM } as const;
    const asking = person.elicit('shop', asked, controller.signal);
    await sees('Your name');
    controller.abort(new Error('over'));
    await expect(asking).rejects.toThrow('over');
  });

  test('shows control characters of strangers instead of obeying them', async () => {
    const { person, types, shown } = sitting();
    const message = 'Hi\u001b[2J\u202e\u200b\nerror internal Forged.';
    const asking = person.elicit('sh\u0007op', { mode: 'form', message, schema: FORM }, never);
    await types(['Your name', '!']);
    await asking;
    for (const control of ['\u001b', '\u0007', '\u202e', '\u200b']) {
      expect(shown()).not.toContain(control);
    }
    expect(shown()).toContain('sh␇op asks:');
    expect(shown()).toContain('│ Hi␛[2J\\u{202e}\\u{200b}\n');
    expect(shown()).toContain('│ error internal Forged.');
  });

  test('an Enter from before the question does not answer it', async () => {
    const { person, input, types } = sitting();
    input.write('Too early\n');
    const asked = { mode: 'url', message: 'Pay.', url: 'https://bank.example' } as const;
    const first = person.elicit('shop', asked, never);
    await types(['if you trust it', '!']);
    expect(await first).toEqual({ action: 'decline' });
    input.write('\n\n');
    const second = person.elicit('shop', { ...asked, message: 'Again.' }, never);
    await types(['│ Again.', '!']);
    expect(await second).toEqual({ action: 'decline' });
  });

  test('answers that are pasted at once are taken in order', async () => {
    const { person, types } = sitting();
    const asking = person.elicit('shop', { mode: 'form', message: 'A', schema: FORM }, never);
    await types(['Your name', 'Ann\n7\ny\n1\n1\nodd']);
    const answer = await asking;
    expect(answer).toMatchObject({ content: { name: 'Ann', count: 7, sure: true, size: 's' } });
    expect(Object.keys(answer.content ?? {})).toContain('__proto__');
  });
});

describe('an address that a tool wants opened', () => {
  test.each([
    ['', 'accept'],
    ['!', 'decline'],
  ])('is printed and never opened; %j means %s', async (line, action) => {
    const { person, types, shown } = sitting();
    const url = 'https://bank.example/pay?x=1';
    const asking = person.elicit('shop', { mode: 'url', message: 'Pay.', url }, never);
    await types(['if you trust it', line]);
    expect(await asking).toEqual({ action });
    expect(shown()).toContain(url);
  });
});

describe('opening a link', () => {
  test('takes a program and arguments, never a shell', () => {
    const url = 'http://127.0.0.1:1/connect/x?a=1&b=$(c)';
    expect(browserCommand(url, 'linux')).toEqual(['xdg-open', [url]]);
    expect(browserCommand(url, 'darwin')).toEqual(['open', [url]]);
    expect(browserCommand(url, 'win32')).toEqual([
      'rundll32',
      ['url.dll,FileProtocolHandler', url],
    ]);
  });

  test.each(['file:///etc/passwd', '--help', 'javascript:alert(1)', '/bin/sh'])(
    '%s is not opened',
    async (url) => {
      expect(await openBrowser(url)).toBe(false);
    },
  );

  test('that nobody watches is printed and not waited for', async () => {
    const { person, shown } = sitting({ isTTY: false });
    await person.showLink('http://127.0.0.1:1/connect/x', never);
    expect(shown()).toBe('  http://127.0.0.1:1/connect/x\n');
    expect(person.waits).toBe(false);
  });

  test('ends by itself when the login is done', async () => {
    const { person, sees } = sitting();
    const controller = new AbortController();
    const showing = person.showLink('http://127.0.0.1:1/connect/x', controller.signal);
    await sees('Press Enter');
    controller.abort();
    await showing;
  });
});

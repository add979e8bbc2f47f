import { describe, expect, it } from 'vitest';
import { isPlainForm, promptOfPlainForm } from '../../src/worker/post/plain-form.ts';

function sent(headers: Record<string, string>): boolean {
  return isPlainForm({ headers: new Headers(headers) });
}

describe('a form of plain text', () => {
  it('is what makes a browser go somewhere, and nothing that a script sends', () => {
    const type = { 'content-type': 'text/plain; charset=UTF-8' };
    expect(sent({ ...type, 'sec-fetch-mode': 'navigate' })).toBe(true);
    expect(sent({ ...type, 'sec-fetch-mode': 'no-cors' })).toBe(false);
    expect(sent(type)).toBe(false);
    expect(sent({ 'content-type': 'text/markdown', 'sec-fetch-mode': 'navigate' })).toBe(false);
  });

  it.each([
    ['prompt=Say hello.\r\n', 'Say hello.'],
    ['prompt=One.\r\n\r\nTwo = 2.\r\n', 'One.\n\nTwo = 2.'],
    ['model=x\r\nprompt=One.\r\nother=y\r\n', 'One.\nother=y'],
    ['Say hello.\r\n', 'Say hello.'],
    ['', ''],
  ])('%j suggests %j', (body, prompt) => {
    expect(promptOfPlainForm(body)).toBe(prompt);
  });
});

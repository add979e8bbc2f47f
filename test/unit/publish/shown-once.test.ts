import { describe, expect, it } from 'vitest';
import { renderAccount } from '../../../src/publish/render-account.ts';
import { renderCliCode } from '../../../src/publish/render-cli-consent.ts';

const account = { person: 'Ann', hasSession: true, keys: [] };

describe('what is shown once', () => {
  it.each([
    ['a key', renderAccount({ ...account, made: { name: 'laptop', key: 'key_<1>' } }), 'key'],
    ['a code', renderCliCode('key_<1>'), 'code'],
  ])(
    '%s stands beside a button that copies it, which the script of the page shows',
    (_, page, it_) => {
      // The script copies what the element around its button holds.
      expect(page).toMatch(
        new RegExp(
          `<div class="once"><pre[^>]*><code>key_&lt;1&gt;</code></pre>\\s*<button type="button" class="copy plain">Copy the ${it_}</button></div>`,
        ),
      );
      expect(page).toMatch(/<script type="module" src="\/assets\/run\.js\?v=\w+"><\/script>/);
    },
  );

  it('needs no script where there is nothing to copy', () => {
    expect(renderAccount(account)).not.toContain('<script');
  });
});

/** From every page of ours one gets to every other place. */
import { describe, expect, it } from 'vitest';
import { renderErrors } from '../../../src/publish/docs/render-errors.ts';
import { renderAccount } from '../../../src/publish/render-account.ts';
import { renderConnections } from '../../../src/publish/render-connections.ts';
import { renderDeleted } from '../../../src/publish/render-deleted.ts';
import { renderEditor } from '../../../src/publish/render-editor.ts';
import { renderErrorPage } from '../../../src/publish/render-error-page.ts';
import { renderRuns } from '../../../src/publish/render-runs.ts';
import { renderSignIn } from '../../../src/publish/render-sign-in.ts';
import { faultData } from '../../../src/fault/fault.ts';
import { markup } from '../../../src/publish/markup.ts';

const who = { person: 'Ada', hasSession: true };

const PAGES = {
  '/': renderEditor({ prompt: '' }),
  '/runs': renderRuns({ ...who, runs: [], status: null, next: null }),
  '/connections': renderConnections({ ...who, connections: [], programs: markup`` }),
  '/account': renderAccount({ ...who, keys: null }),
  '/docs': renderErrors(),
  '/sign-in': renderSignIn({ back: '/', person: null, fault: null, ways: [], takesKeys: true }),
  '/deleted': renderDeleted(),
  '/error': renderErrorPage(faultData('not_found')),
} as const;

describe('the header', () => {
  it.each(Object.entries(PAGES))('of %s leads everywhere and says where one is', (path, html) => {
    const header = /<header class="site">([\s\S]*?)<\/header>/.exec(html)?.[1] ?? '';
    const links = [...header.matchAll(/<a href="([^"]+)"( aria-current="page")?>/g)];
    const places = ['/', '/runs', '/connections', '/account', '/examples', '/docs'];
    expect(links.map(([, href]) => href)).toEqual(places);
    expect(links.filter(([, , here]) => here).map(([, href]) => href)).toEqual(
      places.filter((place) => place === path),
    );
  });

  it('of a page with our words for another product has none of our places', () => {
    const site = { name: 'Notes', home: null, stylesheet: '/notes.css', connections: null };
    expect(renderErrorPage(faultData('not_found'), { site })).not.toContain('href="/runs"');
  });
});

import { describe, expect, it } from 'vitest';
import { OWN_SITE } from '../../../src/publish/layout.ts';
import { renderAccount } from '../../../src/publish/render-account.ts';
import { renderCliCode, renderCliConsent } from '../../../src/publish/render-cli-consent.ts';
import { renderConfirmation } from '../../../src/publish/render-confirmation.ts';
import { renderConnect, type ConnectPage } from '../../../src/publish/render-connect.ts';
import { renderConnections } from '../../../src/publish/render-connections.ts';
import { renderConsent, type ConsentPage } from '../../../src/publish/render-consent.ts';
import { programsHtml } from '../../../src/publish/render-programs.ts';
import { renderSignIn } from '../../../src/publish/render-sign-in.ts';

/** What a hostile server, document or authorization server may call itself. */
const EVIL = `"><script>alert(1)</script><img src=x onerror='a'>`;
const ESCAPED = '&quot;&gt;&lt;script&gt;';

describe('the account page', () => {
  it('has one button that stands out, which makes something and ends nothing', () => {
    const key = { id: 'k', name: 'laptop', created_at: 0, used_at: null, expires_at: null };
    const html = renderAccount({ person: 'Ada', hasSession: false, keys: [key], openrouter_at: 0 });
    const buttons = [...html.matchAll(/<button type="submit">([^<]*)</g)].map(([, name]) => name);
    expect(buttons).toEqual(['Make a key']);
  });
});

describe('the sign-in page', () => {
  it('says how people are let in where nobody can sign in, and has no form that only refuses', () => {
    const page = { back: '/', person: null, fault: null, ways: [] };
    const html = renderSignIn({ ...page, takesKeys: false });
    expect(html).toContain('SIGN_IN');
    expect(html).not.toContain('<form');
    expect(renderSignIn({ ...page, takesKeys: true })).toContain('name="key"');
  });
});

const CONNECT: ConnectPage = {
  path: '/connect/abc',
  site: OWN_SITE,
  server: 'https://tools.example/mcp',
  issuer: 'https://login.example',
  sendsTo: 'https://login.example',
  scopes: ['read', 'write'],
  has: [],
  profile: 'default',
  user: '',
  person: 'alice',
  run: { path: '/run', title: 'Weekly report', isWaiting: true },
  isDone: false,
  fault: null,
};

describe('the page of a login link', () => {
  it('says who asks for what, for which run, and what will happen', () => {
    const page = renderConnect(CONNECT);
    for (const said of [
      'Log in to tools.example',
      'You are sent to <strong>login.example</strong>',
      'https://tools.example/mcp',
      'read write',
      'alice',
      '<a href="/run">Weekly report</a>',
      '<form method="post" action="/connect/abc">',
      'Log in only if you started this run yourself',
    ]) {
      expect(page).toContain(said);
    }
  });

  it('says whose wish it is to log in at another host', () => {
    const page = renderConnect({ ...CONNECT, sendsTo: 'https://accounts.example' });
    expect(page).toContain(
      'sent to <strong>accounts.example</strong>, as <strong>login.example</strong> wants it, and',
    );
    expect(page).toContain('Log in at accounts.example</button>');
  });

  it('says the same on a page of an app', () => {
    const site = { name: 'The App', home: null, stylesheet: '/style.css', connections: null };
    const sendsTo = 'https://accounts.example';
    const page = renderConnect({ ...CONNECT, site, run: null, sendsTo });
    expect(page).toContain(
      'sent to <strong>accounts.example</strong>, as <strong>login.example</strong> wants it, and',
    );
    expect(page).toContain('Log in at accounts.example</button>');
    expect(page).not.toContain('MarkdownOps');
  });

  it('has no button once the login is made, or when none can be', () => {
    const done = renderConnect({ ...CONNECT, isDone: true, issuer: null, sendsTo: null });
    expect(done).toContain('The run goes on by itself');
    expect(done).not.toContain('<form');
    const fault = { code: 'login_unavailable', message: 'No.' } as const;
    const none = renderConnect({ ...CONNECT, issuer: null, fault });
    expect(none).toContain('<code>login_unavailable</code>');
    expect(none).not.toContain('<form');
  });

  it('does not promise that a run goes on that has ended', () => {
    const run = { path: '/run', title: 'Weekly report', isWaiting: false };
    expect(renderConnect({ ...CONNECT, run })).toContain('run it again after the login');
    const done = renderConnect({ ...CONNECT, run, isDone: true, issuer: null });
    expect(done).toContain('Back to the run: <a href="/run">');
    expect(done).not.toContain('goes on by itself');
  });

  it('says which scopes a wider login adds to', () => {
    const page = renderConnect({ ...CONNECT, has: ['read'] });
    expect(page).toContain('<dt>Allowed so far</dt><dd>read</dd>');
  });
});

describe('the page on which a program is let in', () => {
  const CONSENT: ConsentPage = {
    name: 'Notes',
    domain: 'notes.example',
    redirectHost: 'app.notes.example',
    isLoopback: false,
    scopes: ['runs', 'offline_access'],
    person: 'alice',
    fields: { query: 'q', proof: 'p' },
  };

  it('says who asks, who vouches for the name, where one is sent, for whom and what it may', () => {
    const page = renderConsent(CONSENT);
    for (const said of [
      'Notes',
      'notes.example',
      'app.notes.example',
      'alice',
      'Run prompts for you',
      'when you are away',
    ]) {
      expect(page).toContain(said);
    }
    expect(page).not.toContain('See the list of your logins');
  });

  it('shows what hides in a name, and no more than eighty characters of it', () => {
    const page = renderConsent({ ...CONSENT, name: `A\u202Eb\u0000\n${'x'.repeat(10_000)}` });
    expect(page).toContain('A⟨U+202E⟩b⟨U+0000⟩ x');
    for (const hidden of ['\u202E', '\u0000']) expect(page).not.toContain(hidden);
    expect(page.length).toBeLessThan(6000);
  });

  it('has a name for what has none', () => {
    expect(renderConsent({ ...CONSENT, name: ' \n ' })).toContain('A program without a name');
  });

  it('says of a name that nobody vouches for that the program gave it itself', () => {
    expect(renderConsent({ ...CONSENT, domain: null })).toContain('it says so itself');
  });
});

describe('no name that somebody else chose gets out of its place', () => {
  const shown = {
    id: EVIL,
    server: EVIL,
    issuer: EVIL,
    scope: EVIL,
    profile: EVIL,
    user: EVIL,
    created_at: 0,
    ends_at: null,
  };
  const program = {
    id: EVIL,
    clientId: EVIL,
    name: EVIL,
    domain: EVIL,
    redirectHost: EVIL,
    scopes: [EVIL],
    created_at: 0,
    ends_at: 0,
  };
  const programs = programsHtml([program]);
  const connections = { person: EVIL, hasSession: true, connections: [shown], programs };
  it.each([
    [
      'a login link',
      renderConnect({
        ...CONNECT,
        server: EVIL,
        issuer: EVIL,
        sendsTo: EVIL,
        scopes: [EVIL],
        has: [EVIL],
        profile: EVIL,
        user: EVIL,
        person: EVIL,
        run: { path: EVIL, title: EVIL, isWaiting: true },
      }),
    ],
    ['connections', renderConnections(connections)],
    ['programs', programs.html],
    [
      'consent',
      renderConsent({
        name: EVIL,
        domain: EVIL,
        redirectHost: EVIL,
        isLoopback: false,
        scopes: [EVIL],
        person: EVIL,
        fields: { query: EVIL, proof: EVIL },
      }),
    ],
    [
      'signing in',
      renderSignIn({
        back: EVIL,
        person: EVIL,
        fault: null,
        ways: [{ path: EVIL, name: EVIL }],
        takesKeys: true,
      }),
    ],
    [
      'an account',
      renderAccount({
        person: EVIL,
        hasSession: true,
        keys: [{ id: EVIL, name: EVIL, created_at: 0, used_at: 0, expires_at: 0 }],
        openrouter_at: 0,
        made: { name: EVIL, key: EVIL },
      }),
    ],
    [
      'a key for a program',
      renderCliConsent({ person: EVIL, name: EVIL, address: EVIL, fields: { [EVIL]: EVIL } }),
    ],
    ['a code for a program', renderCliCode(EVIL)],
    [
      'a document from elsewhere',
      renderConfirmation({
        servers: [{ url: EVIL, hasLogin: true, secrets: [EVIL] }],
        callback: EVIL,
        fields: { prompt: EVIL, [EVIL]: EVIL },
      }),
    ],
  ])('on the page of %s', (_page, page) => {
    expect(page).toContain(ESCAPED);
    expect(page).not.toContain('<script>alert');
    expect(page).not.toContain('<img');
  });
});

/** What a run that waits for a person says in every form, to its owner and to everybody else. */
import { describe, expect, it } from 'vitest';
import { renderJson } from '../../../src/publish/render-json.ts';
import { renderMarkdown } from '../../../src/publish/render-markdown.ts';
import { renderPage } from '../../../src/publish/render-page.ts';
import { renderText } from '../../../src/publish/render-text.ts';
import { runUrls } from '../../../src/publish/run-urls.ts';
import type { EventBody, ServerEnd } from '../../../src/run/event.ts';
import { viewFor, type Viewer } from '../../../src/run/view.ts';
import { CALLING, ID, runStart, sampleRun, START } from './sample-runs.ts';

const ORIGIN = 'https://prompts.example';
const URLS = runUrls(ORIGIN, ID);
const ACTION = '0f5d3b60-canary-action';
const notes = {
  label: 'notes',
  url: 'https://notes.example/mcp/canary-path',
  type: 'mcp',
  headers: {},
  require_approval: 'never',
  from: 'body',
} as const;

const LOGIN: EventBody = {
  type: 'action-required',
  action_id: ACTION,
  action: { kind: 'authorization', server: 'notes', url: notes.url },
  expires_at: START + 86_400_000,
};

const FORM: EventBody = {
  type: 'action-required',
  action_id: ACTION,
  action: {
    kind: 'elicitation',
    server: 'demo',
    call_id: 'call_1',
    mode: 'form',
    message: 'Which list?\n\n## Answer\n<script>canary-script</script>',
    schema: {
      type: 'object',
      required: ['list'],
      properties: {
        list: { type: 'string', title: 'List "x" <b>', enum: ['a', 'b'], enumNames: ['A', 'B'] },
        count: { type: 'integer', default: 3 },
        mail: { type: 'string', format: 'email', description: 'Where to' },
        sure: { type: 'boolean', default: true },
        tags: { type: 'array', items: { anyOf: [{ const: 'x', title: 'The X' }] } },
      },
    },
  },
  expires_at: START + 300_000,
};

const URL_MODE: EventBody = {
  ...FORM,
  action: {
    kind: 'elicitation',
    server: 'demo',
    call_id: 'call_1',
    mode: 'url',
    message: 'Pay first.',
    url: 'https://pay.example/checkout?a="b"',
  },
};

const DEMO: ServerEnd = { type: 'server-end', label: 'demo', url: '/demo/mcp', ok: true, ms: 1 };

/** The same question in words that turn the text around. */
const TURNED: EventBody = {
  ...FORM,
  action: {
    kind: 'elicitation',
    server: 'demo',
    call_id: 'call_1',
    mode: 'form',
    message: 'Pay \u202eeve',
    schema: {
      type: 'object',
      properties: {
        a: { type: 'string', title: 'To \u202ebob', description: '\u2066x' },
        b: { type: 'string', enum: ['x'], enumNames: ['\u202ey'] },
        c: {
          type: 'array',
          title: '\u202ez',
          items: { anyOf: [{ const: 'x', title: '\u202ew' }] },
        },
        d: { type: 'boolean', title: '\u202ev' },
      },
    },
  },
};

function waitingLogin(viewer: Viewer) {
  return viewFor(viewer, sampleRun([runStart({ servers: [notes], references: [] }), LOGIN]));
}

function waitingAnswer(viewer: Viewer, asked: EventBody = FORM) {
  return viewFor(viewer, sampleRun([runStart({ references: [] }), DEMO, ...CALLING, asked]));
}

describe('a run that waits for a login', () => {
  it('tells its owner in JSON where to log in, and until when', () => {
    const json = renderJson(waitingLogin('owner'), URLS);
    expect(json).toMatchObject({
      status: 'requires_action',
      required_action: {
        type: 'authorization',
        id: ACTION,
        server_label: 'notes',
        server_url: notes.url,
        connect_url: `${ORIGIN}/connect/${ACTION}`,
        expires_at: '2026-11-22T09:30:00.250Z',
      },
    });
  });

  it('tells the public that it waits, and neither where nor for what', () => {
    const view = waitingLogin('public');
    expect(renderJson(view, URLS)['required_action']).toEqual({
      type: 'authorization',
      expires_at: '2026-11-22T09:30:00.250Z',
    });
    const forms = [
      JSON.stringify(renderJson(view, URLS)),
      renderMarkdown(view, URLS),
      renderText(view, URLS),
      renderPage(view, URLS),
    ];
    for (const form of forms) expect(form).not.toMatch(/canary|\/connect\//);
    expect(renderText(view, URLS)).toBe('The run waits for its owner to log in.\n');
  });

  it('is a link in Markdown and text, and a button on the page, for its owner', () => {
    const view = waitingLogin('owner');
    expect(renderMarkdown(view, URLS)).toContain(`[Log in](${ORIGIN}/connect/${ACTION})`);
    expect(renderText(view, URLS)).toContain(`${ORIGIN}/connect/${ACTION}\n`);
    const page = renderPage(view, URLS);
    expect(page).toContain(`<a class="button" href="/connect/${ACTION}">Log in</a>`);
    expect(page).toContain(`action="/${ID}/actions/${ACTION}"`);
    expect(page).not.toContain('http-equiv="refresh"');
  });

  it('says nothing of it when it goes on', () => {
    const done = { type: 'action-resolved', action_id: ACTION, outcome: 'done' } as const;
    const run = sampleRun([runStart({ servers: [notes], references: [] }), LOGIN, done]);
    expect(renderJson(viewFor('owner', run), URLS)).toMatchObject({
      status: 'running',
      required_action: null,
    });
  });

  it('with on_auth: link has failed and tells its owner alone where to log in', () => {
    const error = { code: 'login_required', message: 'notes wants a login.' } as const;
    const run = sampleRun([
      runStart({ servers: [notes], references: [], on_auth: 'link' }),
      LOGIN,
      { type: 'server-end', label: 'notes', url: notes.url, ok: false, ms: 1, error },
      { type: 'run-end', status: 'failed', stop_reason: 'login_required', error },
    ]);
    expect(renderMarkdown(viewFor('owner', run), URLS)).toContain(`/connect/${ACTION}`);
    expect(renderPage(viewFor('owner', run), URLS)).not.toContain('Do not log in');
    expect(renderJson(viewFor('public', run), URLS)['required_action']).toBeNull();
  });
});

describe('a run whose tool asks a person', () => {
  it('has a form on its owner’s page, with every kind of field and everything escaped', () => {
    const page = renderPage(waitingAnswer('owner'), URLS);
    expect(page).toContain(`<form class="answer-form" method="post" action="/${ID}/actions/`);
    expect(page).toContain('List &quot;x&quot; &lt;b&gt;');
    expect(page).toContain('<option value="a">A</option>');
    expect(page).toMatch(/name="content\.count" type="number" step="1" value="3"/);
    expect(page).toMatch(/name="content\.mail" aria-describedby="[^"]+" type="email"/);
    expect(page).toMatch(/type="checkbox" name="content\.sure" value="true" checked/);
    expect(page).toMatch(/type="checkbox" name="content\.tags" value="x"> The X/);
    expect(page).not.toContain('<script>canary');
  });

  it('shows the whole address of what a tool wants opened, and opens it never', () => {
    const page = renderPage(waitingAnswer('owner', URL_MODE), URLS);
    expect(page).toContain('href="https://pay.example/checkout?a=&quot;b&quot;" target="_blank"');
    expect(page).toContain('rel="noopener noreferrer nofollow ugc"');
    expect(renderJson(waitingAnswer('owner', URL_MODE), URLS)).toMatchObject({
      required_action: {
        mode: 'url',
        url: 'https://pay.example/checkout?a="b"',
        connect_url: null,
      },
    });
  });

  it('cannot write a section of its own into the Markdown', () => {
    const text = renderMarkdown(waitingAnswer('owner'), URLS);
    const outside = text.replace(/^(`{3,})[^\n]*\n[\s\S]*?^\1$/gm, '');
    expect(outside.match(/^## Answer$/gm)).toHaveLength(1);
    expect(outside).not.toContain('canary');
  });

  it('tells the public neither the question nor how to answer', () => {
    const view = waitingAnswer('public');
    for (const form of [
      JSON.stringify(renderJson(view, URLS)),
      renderMarkdown(view, URLS),
      renderText(view, URLS),
      renderPage(view, URLS),
    ]) {
      expect(form).not.toMatch(/canary|Which list/);
    }
  });
});

it('ALL-2 nothing that a tool asks turns the text of the page around', () => {
  const page = renderPage(waitingAnswer('owner', TURNED), URLS);
  expect(page).toContain('Pay \ufffdeve');
  expect(page).toContain('To \ufffdbob');
  expect(page).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
});

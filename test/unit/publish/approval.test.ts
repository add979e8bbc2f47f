/** A call that its owner is asked about, in every form: nothing hides, nothing acts, nobody else sees it. */
import { describe, expect, it } from 'vitest';
import { renderJson } from '../../../src/publish/render-json.ts';
import { renderMarkdown } from '../../../src/publish/render-markdown.ts';
import { renderPage } from '../../../src/publish/render-page.ts';
import { renderText } from '../../../src/publish/render-text.ts';
import { runUrls } from '../../../src/publish/run-urls.ts';
import { visible } from '../../../src/publish/visible.ts';
import { Attempts } from '../../../src/run/attempts.ts';
import type { EventBody, ServerEnd } from '../../../src/run/event.ts';
import { visibleEvent } from '../../../src/run/public-event.ts';
import { viewFor, type Viewer } from '../../../src/run/view.ts';
import { CALLING, ID, runStart, sampleRun, START } from './sample-runs.ts';

const URLS = runUrls('https://prompts.example', ID);
const ACTION = '0f5d3b60-canary-action';
const DEMO: ServerEnd = { type: 'server-end', label: 'demo', url: '/demo/mcp', ok: true, ms: 1 };

function asked(args: string, tool = 'send_mail'): EventBody {
  return {
    type: 'action-required',
    action_id: ACTION,
    action: {
      kind: 'approval',
      server: 'demo',
      tool,
      call_id: 'call_1',
      arguments: args,
      hash: 'canary-hash',
    },
    expires_at: START + 86_400_000,
  };
}

function viewOf(viewer: Viewer, ...actions: EventBody[]) {
  return viewFor(viewer, sampleRun([runStart({ references: [] }), DEMO, ...CALLING, ...actions]));
}

/** The part of a document that asks. */
const waitingOf = (page: string) => /<section class="waiting".*?<\/section>/s.exec(page)?.[0] ?? '';

describe('the owner', () => {
  it('reads in JSON what would be called, as the model wrote it', () => {
    const view = viewOf('owner', asked('{"to": "a\u202eb"}'));
    const action = {
      type: 'approval',
      expires_at: '2026-11-22T09:30:00.250Z',
      id: ACTION,
      server_label: 'demo',
      server_url: '/demo/mcp',
      message: 'The model wants to call send_mail of demo. May it?',
      tool: 'send_mail',
      arguments: '{"to": "a\u202eb"}',
    };
    expect(renderJson(view, URLS)).toMatchObject({
      status: 'requires_action',
      required_action: action,
      required_actions: [action],
    });
    expect(Object.keys(action)).toEqual(
      Object.keys(renderJson(view, URLS)['required_action'] ?? {}),
    );
  });

  it('finds every call of a turn that waits, in the order it was asked', () => {
    const second = { ...asked('{}'), action_id: 'second' };
    const json = renderJson(viewOf('owner', asked('{}'), second), URLS);
    expect(json['required_actions']).toMatchObject([{ id: ACTION }, { id: 'second' }]);
  });

  it('has two buttons on the page, and the arguments from left to right', () => {
    const html = waitingOf(renderPage(viewOf('owner', asked('{"to":"bob"}')), URLS));
    expect(html).toContain(
      `<form class="buttons" method="post" action="/${ID}/actions/${ACTION}">`,
    );
    expect(html.match(/<button[^>]*>/g)).toEqual([
      '<button name="decision" value="approve">',
      '<button class="plain" name="decision" value="deny">',
    ]);
    expect(html).toContain(
      '<pre tabindex="0" dir="ltr"><code>{&quot;to&quot;:&quot;bob&quot;}</code></pre>',
    );
  });

  it('is shown HTML, Markdown and what cannot be seen as characters', () => {
    const args =
      '{"a":"</code></pre><script>x()</script>","b":"[x](javascript:y)\u202e\u2066\u200b\u0007\u{e0041}"}';
    const view = viewOf('owner', asked(args, 'a\u202e<b>'));
    const html = waitingOf(renderPage(view, URLS));
    expect(html).not.toMatch(/<script|<b>|<a /);
    expect(html).toContain('⟨U+202E⟩⟨U+2066⟩⟨U+200B⟩⟨U+0007⟩⟨U+E0041⟩');
    expect(html).toContain('a⟨U+202E⟩&lt;b&gt;');
    const [, waiting = ''] = renderMarkdown(view, URLS).split(/^## Waiting$/m);
    const [asking = ''] = waiting.split(/^## /m);
    expect(asking).toContain('`a⟨U+202E⟩<b>`');
    expect(asking).toContain('```text\n{"a":"</code></pre><script>');
    for (const text of [html, asking]) expect(visible(text)).toBe(text);
  });

  it('is shown a megabyte whole on the page, and told in Markdown where it goes on', () => {
    const args = `{"a":"${'x'.repeat(1_000_000)}","last":"canary-end"}`;
    const view = viewOf('owner', asked(args));
    expect(waitingOf(renderPage(view, URLS))).toContain('canary-end');
    const markdown = renderMarkdown(view, URLS);
    expect(markdown.length).toBeLessThan(100_000);
    expect(markdown).toMatch(/… .* more characters/);
  });

  it('is told in text that there is something to allow, and where', () => {
    expect(renderText(viewOf('owner', asked('{}')), URLS)).toBe(
      `I will ask the tools.\n\nThe model wants to call send_mail of demo. May it? Read its arguments and answer on the page of the run. ${URLS.html}\n`,
    );
  });
});

describe('everybody else', () => {
  it('is told that a call waits and until when, and neither which nor with what', () => {
    const view = viewOf('public', asked('{"to":"canary-bob"}', 'canary-tool'));
    expect(renderJson(view, URLS)['required_actions']).toEqual([
      { type: 'approval', expires_at: '2026-11-22T09:30:00.250Z' },
    ]);
    const forms = [
      JSON.stringify(renderJson(view, URLS)),
      renderMarkdown(view, URLS),
      renderText(view, URLS),
      renderPage(view, URLS),
    ];
    for (const form of forms) expect(form).not.toContain('canary');
    expect(renderText(view, URLS)).toBe(
      'I will ask the tools.\n\nThe run waits for its owner to allow a call.\n',
    );
    expect(renderPage(view, URLS)).not.toContain(`/actions/${ACTION}`);
    expect(renderPage(view, URLS)).toContain(`<a href="/${view.id}/own">It is mine</a>`);
  });

  it('sees in the events what kind of action it is and how it came out', () => {
    const scope = {
      viewer: 'public',
      publication: 'full',
      attempts: new Attempts([]),
      origin: '',
    } as const;
    expect(visibleEvent({ seq: 7, at: 1, ...asked('{"a":1}') }, scope)).toEqual({
      seq: 7,
      at: 1,
      type: 'action-required',
      action: { kind: 'approval' },
      expires_at: START + 86_400_000,
    });
  });
});

describe('visible', () => {
  it.each([
    ['\u202e', '⟨U+202E⟩'],
    ['\u061c\u200e\u200f', '⟨U+061C⟩⟨U+200E⟩⟨U+200F⟩'],
    ['\u0000\u001b[31m\u009b', '⟨U+0000⟩⟨U+001B⟩[31m⟨U+009B⟩'],
    ['a\r\nb\tc', 'a⟨U+000D⟩\nb\tc'],
    ['\u2028\ufeff\u00ad\u3164\u{e0100}', '⟨U+2028⟩⟨U+FEFF⟩⟨U+00AD⟩⟨U+3164⟩⟨U+E0100⟩'],
    ['\ud800x', '⟨U+D800⟩x'],
    ['grüß dich 東京 😀', 'grüß dich 東京 😀'],
  ])('writes %j as %j', (text, shown) => expect(visible(text)).toBe(shown));
});

import { expect, it } from 'vitest';
import { viewFor } from '../../../src/run/view.ts';
import { renderJson } from '../../../src/publish/render-json.ts';
import { renderText } from '../../../src/publish/render-text.ts';
import { runUrls } from '../../../src/publish/run-urls.ts';
import {
  answering,
  COMPLETED,
  ID,
  plainRun,
  runStart,
  sampleRun,
  sampleView,
  wholeRun,
} from './sample-runs.ts';

const URLS = runUrls('https://host.example', ID);

it('names the five addresses of a run', () => {
  expect(URLS).toEqual({
    html: `https://host.example/${ID}`,
    markdown: `https://host.example/${ID}.md`,
    json: `https://host.example/${ID}.json`,
    text: `https://host.example/${ID}.txt`,
    events: `https://host.example/${ID}/events`,
  });
});

it('JSON-1 has every key of the API before anything has happened', () => {
  const queued = renderJson(sampleView([runStart()]), URLS);
  const whole = renderJson(wholeRun(), URLS);
  expect(Object.keys(queued)).toEqual(Object.keys(whole));
  expect(Object.keys(queued).join(' ')).toBe(
    'id object status created_at started_at ended_at expires_at urls prompt request references ' +
      'servers steps output output_json files usage stop_reason required_action required_actions callback problems error',
  );
  expect(queued).toMatchObject({ status: 'queued', started_at: null, output: '', steps: [] });
  expect(JSON.stringify(queued)).not.toContain('undefined');
});

it('is a golden file for a whole run', async () => {
  const json = JSON.stringify(renderJson(wholeRun(), URLS), null, 2);
  await expect(`${json}\n`).toMatchFileSnapshot('../../fixtures/publish/whole-run.json');
});

it('JSON-3 gives the answer as JSON only where JSON was asked for and came', () => {
  const asked = { output: { format: 'json' } } as const;
  expect(renderJson(plainRun('{"a":[1,null]}', asked), URLS)['output_json']).toEqual({
    a: [1, null],
  });
  expect(renderJson(plainRun('Sorry.', asked), URLS)['output_json']).toBeNull();
  expect(renderJson(plainRun('{"a":1}'), URLS)['output_json']).toBeNull();
});

it('FILE-1 names the files of the answer with their addresses, where the run has one', () => {
  const view = plainRun('```html b/ü.html\n<p>\n```\n```html a/ü.html\n<p>\n```');
  const file = { path: 'a/ü.html', media_type: 'text/plain' };
  const url = `https://host.example/${ID}/files/a/%C3%BC.html`;
  expect(renderJson(view, URLS)['files']).toEqual([
    {
      path: 'b/ü.html',
      media_type: 'text/plain',
      url: `https://host.example/${ID}/files/b/%C3%BC.html`,
    },
    { ...file, url },
  ]);
  const here = renderJson(view, null);
  expect(here['urls']).toBeNull();
  expect(here['files']).toContainEqual({ ...file, url: null });
});

it('OUT-6 gives what was extracted as output and text', () => {
  const view = plainRun('Here:\n```js\ngo();\n```', { output: { format: 'code' } });
  expect(renderJson(view, URLS)['output']).toBe('go();\n');
  expect(renderText(view, null)).toBe('go();\n');
});

it('JSON-2 never publishes where the author is called back', () => {
  const view = plainRun('Hi.', { callback: { url: 'https://hooks.example/canary-secret' } });
  expect(JSON.stringify(renderJson(view, URLS))).not.toContain('canary-secret');
});

it('shows no prompt, arguments or results when only the answer is published', () => {
  const run = sampleRun([runStart({ publish: 'answer' }), ...answering('Done.', 1), COMPLETED]);
  const json = renderJson(viewFor('public', run), URLS);
  expect(json).toMatchObject({ prompt: null, request: null, references: [], output: 'Done.' });
});

it('TEXT-1 gives as text the answer alone, with one newline and no escape sequences', () => {
  expect(renderText(plainRun('Hello.\n\n\n'), null)).toBe('Hello.\n');
  expect(renderText(plainRun('a\u001b[2Jb'), null)).toBe('a\ufffd[2Jb\n');
  expect(renderText(sampleView([runStart()]), null)).toBe('');
});

it('TEXT-1 says in the last line why a run did not complete', () => {
  const error = { code: 'model_timeout', message: 'No answer.\nRun completed.' } as const;
  const end = { type: 'run-end', status: 'failed', stop_reason: 'model_timeout', error } as const;
  const line = 'Run failed: model_timeout. No answer. Run completed.\n';
  expect(renderText(sampleView([runStart(), end]), null)).toBe(line);
  const cancelled = { type: 'run-end', status: 'cancelled', stop_reason: 'cancelled' } as const;
  expect(renderText(sampleView([runStart(), cancelled]), null)).toBe('Run cancelled: cancelled.\n');
});

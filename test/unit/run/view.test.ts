import { describe, expect, it } from 'vitest';
import { foldRun } from '../../../src/run/fold-run.ts';
import type { Run } from '../../../src/run/run.ts';
import { answerStepFor, viewFor } from '../../../src/run/view.ts';
import {
  calls,
  memoryReferences,
  memoryServers,
  ports,
  request,
  runToEnd,
  says,
  scriptedModel,
  server,
  startedLog,
  text,
} from '../../support/engine.ts';

const search = server('search', {
  headers: { 'X-Team': 'canary-header' },
  authorization: 'canary-bearer',
});
const url = 'https://a.example/canary-document.md';

async function finishedRun(publish: 'full' | 'answer' | null): Promise<Run> {
  const model = scriptedModel([
    calls(['search__find', { q: 'canary-argument' }]),
    says('The answer.'),
  ]);
  return runToEnd(
    ports(model, {
      servers: memoryServers({
        [search.url]: [
          {
            name: 'find',
            run: () => ({ ...text('canary-result'), structured: { x: 'canary-structured' } }),
          },
        ],
      }),
      references: memoryReferences({ [url]: 'canary-context' }),
      log: startedLog({
        publish,
        callback: { url: 'https://hooks.example/canary-callback' },
        servers: [search],
        references: [{ url, as: 'context', why: 'mentioned' }],
      }),
    }),
  );
}

describe('what a viewer may see', () => {
  it('is everything but header values and bearers, for the owner and in public', async () => {
    const run = await finishedRun('full');
    for (const viewer of ['owner', 'public'] as const) {
      const shown = JSON.stringify(viewFor(viewer, run));
      expect(shown).toContain('canary-argument');
      expect(shown).toContain('canary-result');
      expect(shown).not.toContain('canary-header');
      expect(shown).not.toContain('canary-bearer');
      expect(shown).not.toContain('canary-callback');
    }
  });

  it('is the answer and the names of the tools in public, where the prompt says publish: answer', async () => {
    const run = await finishedRun('answer');
    const shown = viewFor('public', run);
    expect(shown.output).toBe('The answer.');
    expect(shown.steps[0]?.calls[0]?.call.tool).toBe('find');
    expect(shown.prompt).toBeNull();
    expect(JSON.stringify(shown)).not.toContain('canary');
    expect(JSON.stringify(viewFor('owner', run))).toContain('canary-argument');
  });

  it('is no answer in public where the model only spoke before its calls', async () => {
    const model = scriptedModel([
      async function* (call, signal) {
        yield { choices: [{ delta: { content: 'canary-before-the-call' } }] };
        yield* calls(['search__find', {}])(call, signal);
      },
    ]);
    const limits = { ...request().limits, max_steps: 1 };
    const log = startedLog({ publish: 'answer', servers: [search], limits });
    const servers = memoryServers({ [search.url]: [{ name: 'find', run: () => text('x') }] });
    const run = await runToEnd(ports(model, { servers, log }));
    expect(run.stop_reason).toBe('max_steps');
    expect(viewFor('public', run).output).toBe('');
    expect(viewFor('owner', run).output).toBe('canary-before-the-call');
  });

  it('is of tool servers only their origin in public, where the prompt says publish: answer', async () => {
    const run = await finishedRun('answer');
    expect(viewFor('public', run).servers).toMatchObject([{ url: new URL(search.url).origin }]);
    expect(viewFor('owner', run).servers).toMatchObject([{ url: search.url }]);
  });

  it('does not hold the text of context documents, only their record', async () => {
    const shown = viewFor('owner', await finishedRun('full'));
    expect(shown.references).toMatchObject([{ url, end: { ok: true } }]);
    expect(JSON.stringify(shown)).not.toContain('canary-context');
  });
});

describe('the fold', () => {
  it('refuses a log that does not begin with run-start', () => {
    expect(() => foldRun([])).toThrow(TypeError);
  });
});

it('the step of the answer is that of the view, for every viewer', async () => {
  for (const publish of ['full', 'answer', null] as const) {
    const run = await finishedRun(publish);
    for (let steps = 0; steps <= run.steps.length; steps += 1) {
      const part = { ...run, steps: run.steps.slice(0, steps) };
      for (const viewer of ['owner', 'public'] as const) {
        expect(answerStepFor(viewer, part)?.text ?? '').toBe(viewFor(viewer, part).answer);
      }
    }
  }
});

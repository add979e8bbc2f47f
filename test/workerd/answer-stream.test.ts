import { describe, expect, it } from 'vitest';
import type { EventBody } from '../../src/run/event.ts';
import { answerEncoder } from '../../src/worker/run/answer-stream.ts';
import type { AnswerForm } from '../../src/worker/run/answer-stream.ts';

const step = (number: number, attempt = 1): EventBody => ({
  type: 'step-start',
  step: number,
  attempt,
  provider: 'p',
  model: 'm',
});
const text = (piece: string): EventBody => ({ type: 'text-delta', step: 1, text: piece });
const begun: EventBody = {
  type: 'run-start',
  version: 1,
  id: 'r1',
  prompt: 'Hi',
  request: null as never,
  problems: [],
  expires_at: null,
};
const done: EventBody = { type: 'run-end', status: 'completed', stop_reason: 'stop' };

function printed(form: AnswerForm, ...bodies: EventBody[]): string {
  const encode = answerEncoder(form, 'https://prompts.example');
  return bodies.map((body, index) => encode({ ...body, seq: index + 1, at: 0 })).join('');
}

describe('the streamed answer', () => {
  it('is what the model says, and ends a line', () => {
    expect(printed('markdown', step(1), text('Hel'), text('lo.'), done)).toBe('Hello.\n');
    expect(printed('markdown', step(1), text('Hello.\n'), done)).toBe('Hello.\n');
  });

  it.each(['One.', 'One.\n', 'One.\n\n'])('has one empty line between steps after %j', (first) => {
    expect(printed('text', step(1), text(first), step(2), text('Two.'), done)).toBe(
      'One.\n\nTwo.\n',
    );
  });

  it('has no empty line for a step that said nothing', () => {
    expect(printed('text', step(1), step(2), text('Two.'), done)).toBe('Two.\n');
  });

  it('says that a step starts again, because what was printed cannot be taken back', () => {
    expect(printed('markdown', step(1), text('Hal'), step(1, 2), text('Hello.'), done)).toBe(
      'Hal\n\n> The model was cut off and starts this step again.\n\nHello.\n',
    );
  });

  it('says that an answer is corrected, because what was printed is void', () => {
    const repair: EventBody = {
      type: 'step-start',
      step: 2,
      attempt: 1,
      provider: 'p',
      model: 'm',
      repair: ['The answer is not JSON.'],
    };
    expect(printed('text', step(1), text('One'), repair, text('1'), done)).toBe(
      'One\n\nThe answer does not fit its schema and is asked for again.\n\n1\n',
    );
  });

  it('says that the run waits and where its owner goes on', () => {
    const action = {
      kind: 'authorization',
      server: 'notes',
      url: 'https://notes.example',
    } as const;
    const asked = { type: 'action-required', action_id: 'a1', action, expires_at: 1 } as const;
    expect(printed('markdown', asked, step(1), text('Done.'), done)).toBe(
      '> notes wants a login. Open https://prompts.example/connect/a1 and the run goes on by itself.\n\nDone.\n',
    );
    const question: EventBody = {
      ...asked,
      action: {
        kind: 'elicitation',
        server: 'notes',
        call_id: 'c',
        mode: 'form',
        message: 'Which\n\u001b[2Jlist?',
      },
    };
    const own = 'https://prompts.example/r1/own';
    expect(printed('text', begun, step(1), text('Hm'), question)).toBe(
      `Hm\n\nnotes asks: Which \ufffd[2Jlist? Answer at ${own} and the run goes on by itself.\n`,
    );
    const call: EventBody = {
      ...asked,
      action: {
        kind: 'approval',
        server: 'mail',
        call_id: 'c',
        tool: 'send',
        arguments: '{}',
        hash: 'h',
      },
    };
    expect(printed('text', begun, step(1), call)).toBe(
      `The model wants to call send of mail. Allow it or not at ${own} and the run goes on by itself.\n`,
    );
  });

  it('ends with a clear line when the run does not complete', () => {
    const end: EventBody = {
      type: 'run-end',
      status: 'failed',
      stop_reason: 'model_timeout',
      error: { code: 'model_timeout', message: 'The model did not answer in time.' },
    };
    const line = 'Run failed: model_timeout. The model did not answer in time.\n';
    expect(printed('markdown', step(1), text('Half'), end)).toBe(`Half\n\n> ${line}`);
    expect(printed('text', step(1), end)).toBe(line);
  });

  it('holds nothing that a terminal obeys: no escape sequence, no turn of direction', () => {
    const end: EventBody = {
      type: 'run-end',
      status: 'failed',
      stop_reason: 'model_rejected',
      error: { code: 'model_rejected', message: 'No\u001b[2J\nRun completed: stop.' },
    };
    const seen = printed('text', step(1), text('a\u001b[2J\u0000\u202eb\rc'), end);
    expect(seen).toBe(
      'a\ufffd[2J\ufffd\ufffdb\nc\n\nRun failed: model_rejected. No\ufffd[2J Run completed: stop.\n',
    );
  });

  it('joins a character and a line end that came in two pieces', () => {
    expect(printed('text', step(1), text('\ud83d'), text('\ude00 a\r'), text('\nb'), done)).toBe(
      '\u{1f600} a\nb\n',
    );
    expect(printed('text', step(1), text('a\r'), done)).toBe('a\n');
  });

  it('of a run that said nothing is empty', () => {
    expect(printed('text', step(1), done)).toBe('');
  });
});

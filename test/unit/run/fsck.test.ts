import { describe, expect, test } from 'vitest';

import type { EventBody, RunEvent } from '../../../src/run/event.ts';
import { fsck } from '../../../src/run/fsck.ts';
import { request } from '../../support/engine.ts';

const START: EventBody = {
  type: 'run-start',
  version: 1,
  id: 'r',
  prompt: 'Hi.',
  request: request(),
  problems: [],
  expires_at: null,
};
const END: EventBody = { type: 'run-end', status: 'completed', stop_reason: 'stop' };
const SERVER: EventBody = {
  type: 'server-end',
  label: 's',
  url: 'https://s.example',
  ok: true,
  ms: 1,
  tools: [
    { name: 'pay', wire_name: 's__pay', input_schema: {}, hash: '' },
    { name: 'look', wire_name: 's__look', input_schema: {}, hash: '', read_only: true },
  ],
};
const step = (number: number, attempt = 1): EventBody => ({
  type: 'step-start',
  step: number,
  attempt,
  provider: 'p',
  model: 'm',
});
const call = (call_id: string, tool = 'pay', inStep = 1): EventBody => ({
  type: 'tool-call',
  step: inStep,
  call_id,
  wire_name: `s__${tool}`,
  arguments: '',
});
const stepEnd = (number: number): EventBody => ({
  type: 'step-end',
  step: number,
  finish_reason: 'stop',
  tool_calls: [],
});
const sent = (call_id: string): EventBody => ({ type: 'tool-sent', call_id });
const result = (call_id: string): EventBody => ({
  type: 'tool-result',
  call_id,
  is_error: false,
  parts: [],
  ms: 1,
});
const refused = (call_id: string): EventBody => ({
  type: 'action-required',
  action_id: 'a',
  expires_at: 9,
  action: { kind: 'authorization', server: 's', url: 'https://s.example', call_id },
});
const resolved: EventBody = { type: 'action-resolved', action_id: 'a', outcome: 'done' };
const said: EventBody = { type: 'text-delta', step: 1, text: 'x' };

const log = (...bodies: EventBody[]): RunEvent[] =>
  bodies.map((body, index) => ({ ...body, seq: index + 1, at: 1 }));

describe('a log is sound', () => {
  test.each<[string, EventBody[]]>([
    ['that has just begun', [START]],
    ['with a call', [START, SERVER, step(1), call('a'), stepEnd(1), sent('a'), result('a'), END]],
    [
      'with a call that was refused',
      [
        START,
        SERVER,
        step(1),
        call('a'),
        stepEnd(1),
        sent('a'),
        refused('a'),
        resolved,
        sent('a'),
        result('a'),
        step(2),
        stepEnd(2),
        END,
      ],
    ],
    [
      'with an early call that was made again after a crash',
      [START, SERVER, step(1), call('a', 'look'), sent('a'), sent('a'), result('a')],
    ],
    [
      'whose step was asked again, with the same ids',
      [START, SERVER, step(1), call('a'), step(1, 2), call('a'), stepEnd(1), sent('a')],
    ],
    ['with a call that was never made', [START, step(1), call('a'), stepEnd(1), result('a'), END]],
  ])('%s', (_what, bodies) => {
    expect(fsck(log(...bodies))).toEqual([]);
  });
});

describe('what is wrong is said:', () => {
  test.each<[string, RunEvent[]]>([
    ['There is no event.', []],
    ['Event 1 is step-start; the first is run-start and no other.', log(step(1))],
    ['Event 2 is run-start; the first is run-start and no other.', log(START, START)],
    ['Event 2 has the number 3.', log(START, step(1), END).filter(({ seq }) => seq !== 2)],
    ['Event 3 (run-end) follows the end.', log(START, END, END)],
    ['Event 2 (text-delta) belongs to no step under way.', log(START, said)],
    ['Event 4 (text-delta) belongs to no step under way.', log(START, step(1), stepEnd(1), said)],
    ['Event 2 starts step 2 after step 0.', log(START, step(2))],
    ['Event 4 starts step 1, which has ended.', log(START, step(1), stepEnd(1), step(1, 2))],
    ['Event 3 is attempt 3 after attempt 1.', log(START, step(1), step(1, 3))],
    ['Event 4 repeats an id of a call.', log(START, step(1), call('a'), call('a'))],
    ['Event 2 (tool-result) belongs to no call under way.', log(START, result('a'))],
    [
      'Event 5 (tool-result) belongs to no call under way.',
      log(START, step(1), call('a'), result('a'), result('a')),
    ],
    [
      'Event 5 (tool-result) belongs to no call under way.',
      log(START, step(1), call('a'), step(1, 2), result('a')),
    ],
    [
      'Event 7 sends a call again whose outcome is unknown.',
      log(START, SERVER, step(1), call('a'), stepEnd(1), sent('a'), sent('a')),
    ],
    ['Event 5 sends a call too early.', log(START, SERVER, step(1), call('a'), sent('a'))],
    ['Event 2 resolves an action that nobody asked for.', log(START, resolved)],
    ['Event 2 asks for no call under way.', log(START, refused('a'))],
    [
      'Event 5 starts step 2 without the result of call a.',
      log(START, step(1), call('a'), stepEnd(1), step(2)),
    ],
    [
      'Event 5 completes the run without the result of call a.',
      log(START, step(1), call('a'), stepEnd(1), END),
    ],
    ['Event 3 completes the run in the middle of step 1.', log(START, step(1), END)],
  ])('%s', (problem, events) => {
    expect(fsck(events)).toContain(problem);
  });
});

/** A run with everything that another event depends on. */
const WHOLE: readonly EventBody[] = [
  START,
  SERVER,
  step(1),
  said,
  call('a'),
  stepEnd(1),
  sent('a'),
  refused('a'),
  resolved,
  sent('a'),
  result('a'),
  step(2),
  { ...said, step: 2, text: 'y' },
  stepEnd(2),
  END,
];

describe('a log that somebody closed up', () => {
  const needed = (type: string) =>
    ['run-start', 'step-start', 'tool-call', 'tool-result', 'step-end', 'action-required'].includes(
      type,
    );
  const places = WHOLE.map(({ type }, at) => [type, at] as const);

  test.each(places.filter(([type]) => needed(type)))('after %s was lost is not sound', (_, at) => {
    expect(fsck(log(...WHOLE.toSpliced(at, 1)))).not.toEqual([]);
  });

  test.each(places.filter(([type]) => needed(type) || ['run-end', 'tool-sent'].includes(type)))(
    'around a second %s is not sound',
    (type, at) => {
      const twice = WHOLE.flatMap((body, place) => (place === at ? [body, body] : [body]));
      // A call that was refused may be on its way as often as it was asked for.
      if (type === 'action-required') expect(fsck(log(...twice))).toEqual([]);
      else expect(fsck(log(...twice))).not.toEqual([]);
    },
  );

  test('is sound as it was', () => {
    expect(fsck(log(...WHOLE))).toEqual([]);
  });
});

/** `kill -9` of the serving process wherever a run can be: what was accepted ends or waits, once. */
import { join } from 'node:path';
import process from 'node:process';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { fsck } from '../../src/run/fsck.ts';
import { foldRun } from '../../src/run/fold-run.ts';
import { isTerminal, type RunStatus } from '../../src/run/run.ts';
import { ask } from '../support/ask.ts';
import { keptFiles } from '../support/kept-files.ts';
import { CrashWorld, framesOf } from './crash-world.ts';
import { storedRuns, type StoredRun } from './disk-log.ts';
import { killPlan, type Kill } from './kill-plan.ts';
import { later, Random, roundsOf, seedOf } from './random.ts';
import type { Kind } from './slow-peers.ts';
import { PHASES, type Phase } from './traps.ts';

const ONLY = process.env['FAULT_PHASE'];
const WANTED = PHASES.filter((phase) => ONLY === undefined || ONLY === phase);
const ROUNDS = roundsOf(WANTED.length);
/** Every run is read, one after the other. */
const READ_ALL_MS = 60_000 + ROUNDS * 1000;
const seed = seedOf('kill -9');
const random = new Random(seed);

let world: CrashWorld;
/** The logs as they were when everything had come to rest. */
let stored: readonly StoredRun[];
const missed: string[] = [];

beforeAll(
  async () => {
    world = await CrashWorld.start(random);
    for (const kill of killPlan(random, ROUNDS, WANTED)) {
      await killAt(kill);
      await world.restart();
    }
    stored = await atRest();
  },
  120_000 + ROUNDS * 40_000,
);
afterAll(() => world[Symbol.asyncDispose]());

async function killAt({ phase, kinds, jitter }: Kill): Promise<void> {
  const trap = world.traps.set(phase, 20_000);
  const posts = kinds.map((kind) => world.post(kind));
  const reached = await phaseOf(phase, trap, posts);
  if (!reached) missed.push(phase);
  await later(jitter);
  await world.kill();
  await Promise.all(posts);
}

/** Whether the phase came; most of them are seen by a peer. */
async function phaseOf(
  phase: Phase,
  trap: Promise<boolean>,
  posts: readonly ReturnType<CrashWorld['post']>[],
): Promise<boolean> {
  const first = phase === 'accept' ? null : await posts[0];
  switch (phase) {
    case 'accept':
      return true;
    case 'waiting for a login':
      if (first !== null && first !== undefined) await world.until(first, 'requires_action');
      return true;
    case 'callback of a login':
      await world.beginCallback();
      return true;
    case 'purge':
      await later((first?.at ?? 0) + 1990 - Date.now());
      return true;
    default:
      return await trap;
  }
}

function statusOf({ events, tombstone }: StoredRun): RunStatus | 'purged' | 'nothing' {
  if (tombstone !== null) return 'purged';
  return events.length === 0 ? 'nothing' : foldRun(events).status;
}

const isAtRest = (run: StoredRun): boolean => {
  const status = statusOf(run);
  const isShort = run.events[0]?.type === 'run-start' && run.events[0].expires_at !== null;
  if (status === 'purged' || status === 'nothing') return true;
  return !isShort && (isTerminal(status) || status === 'requires_action');
};

/** Looks at the disk only: nobody asks the server for anything, for at most a minute. */
async function atRest(): Promise<readonly StoredRun[]> {
  const until = Date.now() + 60_000;
  let all = storedRuns(world.stateDir);
  while (!all.every(isAtRest) && Date.now() < until) {
    await later(250);
    all = storedRuns(world.stateDir);
  }
  return all;
}

const accepted = (...kinds: readonly Kind[]) =>
  world.accepted.filter(({ kind }) => kinds.includes(kind));
const idOf = ({ events }: StoredRun): string | undefined =>
  events[0]?.type === 'run-start' ? events[0].id : undefined;

describe(`after ${ROUNDS} kills of the server (SEED=${seed})`, () => {
  it('every phase was met', () => {
    expect(missed).toEqual([]);
    expect(world.accepted.length).toBeGreaterThan(ROUNDS);
  });

  it('every run has ended or waits, without a request in between', () => {
    const unfinished = stored.filter((run) => !isAtRest(run));
    expect(unfinished.map((run) => [idOf(run), statusOf(run)])).toEqual([]);
  });

  it('no accepted run is lost', async () => {
    const ids = new Set(stored.map(idOf));
    const kept = world.accepted.filter(({ kind }) => kind !== 'short');
    expect(kept.filter(({ id }) => !ids.has(id))).toEqual([]);
    const statuses = accepted('short').map(async (run) => (await world.ask(run)).status);
    expect(new Set(await Promise.all(statuses))).toEqual(new Set([410]));
  });

  it('nothing of an expired run is left on disk', () => {
    const files = keptFiles(join(world.stateDir, 'runs'));
    expect(files.filter((text) => text.includes('Run short'))).toEqual([]);
  });

  it('no log is damaged', () => {
    const problems = stored
      .filter(({ events }) => events.length > 0)
      .map((run) => ({ id: idOf(run), problems: fsck(run.events) }));
    expect(problems.filter((each) => each.problems.length > 0)).toEqual([]);
  });

  it('no run failed, but those that were killed three times while their model spoke', () => {
    const failed = stored.filter((run) => statusOf(run) === 'failed' && !isWornOut(run));
    expect(failed.map(({ events }) => events.at(-1))).toEqual([]);
  });

  it(
    'no event that somebody was told is lost',
    async () => {
      for (const made of world.accepted.filter(({ kind }) => kind !== 'short')) {
        const run = stored.find((each) => idOf(each) === made.id);
        const told = framesOf(made.heard);
        expect(told.length).toBeLessThanOrEqual(run?.events.length ?? 0);
        if (told.length > 0) expect(await world.frames(made, told.length)).toEqual(told);
      }
    },
    READ_ALL_MS,
  );

  it('no call that was sent was sent again', () => {
    expect([...world.slow.paid].filter(([, times]) => times > 1)).toEqual([]);
    expect(world.slow.paid.size).toBeGreaterThan(0);
  });

  it(
    'what is shown is what was written',
    async () => {
      for (const run of stored.filter((each) => statusOf(each) === 'completed')) {
        const { text } = await ask(`${world.origin}/${idOf(run)}.txt`);
        expect(text.trim()).toBe(answerOf(run).trim());
      }
    },
    READ_ALL_MS,
  );

  it('a run whose login was cut off can still be logged in to', async () => {
    for (const run of accepted('login').toReversed().slice(0, 6)) {
      const { status } = await world.read(run);
      // One login is for all runs that wait for it.
      if (status === 'requires_action') await world.callback(run);
      await world.until(run, 'completed');
    }
  }, 60_000);
});

/** A step is asked three times; each kill while the model speaks takes one of them. */
function isWornOut({ events }: StoredRun): boolean {
  const end = events.at(-1);
  return (
    end?.type === 'run-end' &&
    end.stop_reason === 'model_cut_off' &&
    events.some((event) => event.type === 'step-start' && event.attempt === 3)
  );
}

/** What the last attempt of the last step said. */
function answerOf({ events }: StoredRun): string {
  const start = events.findLastIndex(({ type }) => type === 'step-start');
  return events
    .slice(start)
    .map((event) => (event.type === 'text-delta' ? event.text : ''))
    .join('');
}

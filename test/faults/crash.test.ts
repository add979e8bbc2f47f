/** `kill -9` of the serving process wherever a run can be: what was accepted ends or waits, once. */
import { join } from 'node:path';
import process from 'node:process';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { fsck } from '../../src/run/fsck.ts';
import { foldRun } from '../../src/run/fold-run.ts';
import { isTerminal, type RunStatus } from '../../src/run/run.ts';
import { ask } from '../support/ask.ts';
import { keptFiles } from '../support/kept-files.ts';
import { CrashWorld } from './crash-world.ts';
import { storedRuns, type StoredRun } from './disk-log.ts';
import { later, Random, roundsOf, seedOf } from './random.ts';
import { KINDS, type Kind } from './slow-peers.ts';
import { PHASES, type Phase } from './traps.ts';

const ONLY = process.env['FAULT_PHASE'];
const WANTED = PHASES.filter((phase) => ONLY === undefined || ONLY === phase);
const ROUNDS = roundsOf(WANTED.length);
const seed = seedOf('kill -9');
const random = new Random(seed);

/** What is posted in a round, so that its phase comes. */
const POSTED: Readonly<Record<Phase, Kind>> = {
  accept: 'plain',
  reference: 'reference',
  connect: 'pay',
  'before the first token': 'plain',
  'after the first token': 'plain',
  'intent of a call': 'look',
  'call sent': 'pay',
  'call done': 'pay',
  'waiting for a login': 'login',
  'waiting for an answer': 'ask',
  'callback of a login': 'login',
  end: 'plain',
  purge: 'short',
};

let world: CrashWorld;
/** The logs as they were when everything had come to rest. */
let stored: readonly StoredRun[];
const missed: string[] = [];

beforeAll(
  async () => {
    world = await CrashWorld.start(random);
    for (let done = 0; done < ROUNDS;) {
      for (const phase of random.shuffled(WANTED)) {
        if (done >= ROUNDS) break;
        done += 1;
        await killAt(phase);
        await world.restart();
      }
    }
    stored = await atRest();
  },
  120_000 + ROUNDS * 40_000,
);
afterAll(() => world[Symbol.asyncDispose]());

async function killAt(phase: Phase): Promise<void> {
  const jitter = random.below(20);
  const kinds = [POSTED[phase], POSTED[phase], KINDS[random.below(KINDS.length)] ?? 'plain'];
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

  it('no event that somebody was told is lost', async () => {
    for (const made of world.accepted.filter(({ kind }) => kind !== 'short')) {
      const run = stored.find((each) => idOf(each) === made.id);
      const told = framesOf(made.heard);
      const isEnded = run !== undefined && isTerminal(foldRun(run.events).status);
      const now = isEnded ? framesOf((await world.ask(made, '/events')).text) : (run?.events ?? []);
      if (isEnded) expect(told).toEqual(now.slice(0, told.length));
      else expect(told.length).toBeLessThanOrEqual(now.length);
    }
  });

  it('no call that was sent was sent again', () => {
    expect([...world.slow.paid].filter(([, times]) => times > 1)).toEqual([]);
    expect(world.slow.paid.size).toBeGreaterThan(0);
  });

  it('what is shown is what was written', async () => {
    for (const run of stored.filter((each) => statusOf(each) === 'completed')) {
      const { text } = await ask(`${world.origin}/${idOf(run)}.txt`);
      expect(text.trim()).toBe(answerOf(run).trim());
    }
  });

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

/** Whole frames, without what keeps a connection open. */
function framesOf(text: string): string[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .filter((frame) => !frame.startsWith(':'));
}

/** What the last attempt of the last step said. */
function answerOf({ events }: StoredRun): string {
  const start = events.findLastIndex(({ type }) => type === 'step-start');
  return events
    .slice(start)
    .map((event) => (event.type === 'text-delta' ? event.text : ''))
    .join('');
}

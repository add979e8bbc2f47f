/** Many who cancel, read and guess at the same time. */
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { fsck } from '../../src/run/fsck.ts';
import { ask, type Answer } from '../support/ask.ts';
import { httpPeer, type Peer } from '../support/peers.ts';
import { startProduct, type Product } from '../support/product.ts';
import { storedRuns } from './disk-log.ts';
import { later, Random, seedOf } from './random.ts';

const seed = seedOf('readers');
const random = new Random(seed);

/**
 * Kilobytes that a long run says, and megabytes that two hundred who do not read it may cost: what
 * is queued for them would be 1,600.
 */
const LONG = 4000;
const MOST_MB = 400;

let model: Peer;
let product: Product;

beforeAll(async () => {
  model = await httpPeer(async (_request, response, body) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const say = (delta: object, finish_reason: string | null = null) =>
      response.write(`data: ${JSON.stringify({ choices: [{ delta, finish_reason }] })}\n\n`);
    if (body.includes('at great length')) {
      for (let said = 0; said < LONG / 4; said += 1) {
        say({ content: 'é'.repeat(2000) });
        if (said % 10 === 0) await later(10);
      }
    } else {
      for (let word = 0; word < 12; word += 1) {
        say({ content: `${word} é😀 ` });
        await later(random.below(30));
      }
    }
    say({}, 'stop');
    response.end('data: [DONE]\n\n');
  });
  product = await startProduct({ OPENAI_BASE_URL: `${model.origin}/v1`, DEFAULT_MODEL: 'slow' });
});
afterAll(() => Promise.all([product.stop(), model.stop()]));

interface Made {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function create(body: string): Promise<Made> {
  const { text } = await ask(`${product.origin}/`, { body });
  const { id, owner_token } = JSON.parse(text) as { id: string; owner_token: string };
  return { id, headers: { authorization: `Bearer ${owner_token}` } };
}

const read = ({ id, headers }: Made, rest: string): Promise<Answer> =>
  ask(`${product.origin}/${id}${rest}`, { headers });

const count = (text: string, what: RegExp): number => text.match(what)?.length ?? 0;

function logOf({ id }: Made) {
  const found = storedRuns(product.stateDir).find(({ events }) => {
    const [first] = events;
    return first?.type === 'run-start' && first.id === id;
  });
  return found?.events ?? [];
}

describe(`a run that is cancelled by a hundred while it completes (SEED=${seed})`, () => {
  it.each([1, 2, 3, 4])('ends once (%i)', async () => {
    const run = await create('Count.');
    await later(100 + random.below(250));
    const cancels = Array.from({ length: 100 }, async () => {
      await later(random.below(40));
      return ask(`${product.origin}/${run.id}/cancel`, { method: 'POST', headers: run.headers });
    });
    const statuses = new Set((await Promise.all(cancels)).map(({ status }) => status));
    expect([...statuses]).toEqual([200]);
    const { text } = await read(run, '/events');
    expect(count(text, /^event: run-end$/gm)).toBe(1);
    expect(text.trimEnd().split('\n\n').at(-1)).toContain('event: run-end');
    expect(fsck(logOf(run))).toEqual([]);
  });
});

describe('a reader that was cut off', () => {
  it('gets byte for byte the rest, after whichever event, while it happens and afterwards', async () => {
    const run = await create('Count.');
    const live: Promise<readonly [number, string]>[] = [];
    for (let after = 0; after < 6; after += 1) {
      live.push(read(run, `/events?starting_after=${after}`).then(({ text }) => [after, text]));
      await later(25);
    }
    const heard = await Promise.all(live);
    const { text: whole } = await read(run, '/events');
    const frames = whole.split(/(?<=\n\n)/);
    expect(frames.length).toBeGreaterThan(5);
    for (let after = 0; after < frames.length; after += 1) {
      const headers = { ...run.headers, 'last-event-id': String(after) };
      const rest = await ask(`${product.origin}/${run.id}/events`, { headers });
      expect(frames.slice(0, after).join('') + rest.text).toBe(whole);
    }
    for (const [after, text] of heard) expect(frames.slice(0, after).join('') + text).toBe(whole);
  });
});

/** Megabytes that the server holds now. */
function memory(): number {
  const status = readFileSync(`/proc/${product.workerdPid()}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

describe.runIf(process.platform === 'linux')('two hundred readers that do not read', () => {
  it('have nothing queued for them, and others are not kept waiting', async () => {
    const warm = await create('Speak at great length.');
    await read(warm, '/events');
    const before = memory();
    const run = await create('Speak at great length.');
    const stalled = await Promise.all(Array.from({ length: 200 }, () => stall(run)));
    const { text } = await read(run, '/events');
    const highest = memory();
    expect(count(text, /^event: run-end$/gm)).toBe(1);
    expect((await read(run, '.txt')).text.trim()).toHaveLength((LONG / 4) * 2000);
    for (const socket of stalled) socket.destroy();
    console.log(`200 stalled readers: ${Math.round(before)} MB, then ${Math.round(highest)} MB`);
    expect(highest - before).toBeLessThan(MOST_MB);
  });
});

/** Asks for the events over a socket that takes nothing. */
function stall({ id, headers }: Made): Promise<Socket> {
  const [host = '', port = ''] = product.host.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host, () => {
      socket.pause();
      const asked = { host: product.host, ...headers };
      const lines = Object.entries(asked).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`GET /${id}/events HTTP/1.1\r\n${lines.join('')}\r\n`);
      resolve(socket);
    });
    socket.on('error', reject);
  });
}

describe('ten thousand guessed ids', () => {
  it('make no database and get one and the same answer', async () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
    const made = await create('Count.');
    const { id } = made;
    const databases = () =>
      readdirSync(join(product.stateDir, 'runs'), { recursive: true, encoding: 'utf8' }).filter(
        (name) => name.endsWith('.sqlite'),
      );
    await read(made, '/events');
    await later(500);
    const before = databases();
    const answers = new Set<string>();
    const guess = async (): Promise<void> => {
      const end = Array.from({ length: 10 }, () => letters[random.below(62)] ?? '').join('');
      const { status, headers, text } = await ask(`${product.origin}/${id.slice(0, 22)}${end}`);
      const { date: _date, 'x-request-id': _id, ...same } = headers;
      answers.add(JSON.stringify([status, same, text]));
    };
    for (let done = 0; done < 10_000; done += 50) {
      await Promise.all(Array.from({ length: 50 }, guess));
    }
    expect([...answers].map((answer) => answer.slice(0, 5))).toEqual(['[404,']);
    expect(databases()).toEqual(before);
  });
});

/** The product as a person starts it: `npm start` with a scratch state, on a free port. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { freePort } from './peers.ts';

export interface Product {
  readonly origin: string;
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly stateDir: string;
  /** The process that serves. */
  workerdPid(): number;
  /** The process that was started. */
  readonly pid: number;
  /** Resolves when the launcher has ended. */
  readonly ended: Promise<Ended>;
  /** What it has printed so far. */
  printed(): string;
  /** Ends it as Ctrl-C does; removes the state unless it was given. */
  stop(): Promise<void>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Environment = Readonly<Record<string, string>>;

const LAUNCHER = new URL('../../scripts/start.ts', import.meta.url).pathname;

/** Starts the server and waits for its `ready` line. `env` is all it gets besides `PATH`. */
export async function startProduct(
  env: Environment = {},
  args: readonly string[] = [],
): Promise<Product> {
  const stateDir = env['STATE_DIR'] ?? mkdtempSync(join(tmpdir(), 'markdownops-'));
  const PORT = String(await freePort());
  const { child, ended, output } = launch({ PORT, ...env, STATE_DIR: stateDir }, args);
  const origin = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const found = /^ready (\S+)$/m.exec(output().stdout)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then(({ code, stderr }) =>
      reject(new Error(`The server ended (${code}): ${stderr}`)),
    );
  });
  return {
    origin,
    host: new URL(origin).host,
    stateDir,
    workerdPid: () => Number(readFileSync(join(stateDir, 'workerd.pid'), 'utf8')),
    pid: child.pid ?? 0,
    ended,
    printed: () => output().stdout,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      if (env['STATE_DIR'] === undefined) rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

/** Runs the launcher until it ends by itself. */
export async function startUntilEnd(env: Environment): Promise<Ended> {
  const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-'));
  const ended = await launch({ PORT: '0', STATE_DIR: stateDir, ...env }).ended;
  rmSync(stateDir, { recursive: true, force: true });
  return ended;
}

function launch(env: Environment, args: readonly string[] = []) {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    // An empty variable is one that is not set.
    env: Object.fromEntries(Object.entries({ PATH, ...env }).filter(([, value]) => value !== '')),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended, output: () => ({ stdout, stderr }) };
}

/**
 * `npm start` and `npm run demo`: bundles the Worker and runs it in the real workerd on loopback,
 * with Durable Objects on disk and a network that lets prompts out to public addresses only.
 * @see spec/http-api.md, The local server
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join, relative, resolve } from 'node:path';
import { argv, env, exit, platform, stderr, stdout } from 'node:process';
import { readSettings } from '../src/worker/settings.ts';
import { bundleWorker } from './bundle.ts';
import { runDemo } from './demo.ts';
import { keepStones } from './keep-stones.ts';
import { keptKey } from './kept-key.ts';
import { serverUsing } from './state-user.ts';
import { workerdConfig } from './workerd-config.ts';

/** Milliseconds that workerd has to answer the first request. */
const START_MS = 20_000;

/**
 * Milliseconds that answers under way have to come to their end when the server is stopped; somebody
 * who follows a run would keep it for hours. Runs lose nothing: they go on at the next start.
 */
const STOP_MS = 2000;

// Whoever read what is printed here has gone (`| head`): that is no crash.
stdout.on('error', () => exit(0));

if (argv[1] === import.meta.filename) await main(argv.includes('--demo'));

async function main(demo: boolean): Promise<void> {
  const stateDir = resolve(env['STATE_DIR'] ?? '.state');
  const wanted = wantedPort(env['PORT'] ?? '8787');
  const user = await serverUsing(stateDir);
  if (user !== null) {
    const where = relative('', stateDir) || '.';
    stop(
      `A server runs already at ${user} with its state in ${where}. Use it, or give this one its own STATE_DIR and PORT.`,
      1,
    );
  }
  // The example shall run whatever else uses the usual port.
  const { port, release } = await heldPort(wanted, demo && env['PORT'] === undefined);
  const origin = `http://127.0.0.1:${port}`;
  mkdirSync(join(stateDir, 'runs'), { recursive: true, mode: 0o700 });
  keepStones(join(stateDir, 'snapshots'));
  const variables = {
    ...env,
    ID_KEY: env['ID_KEY'] || keptKey(join(stateDir, 'id-key')),
    VAULT_KEY: env['VAULT_KEY'] || keptKey(join(stateDir, 'vault-key')),
    LOCAL_OWNER: '1',
    LOCAL_ORIGIN: origin,
  };
  const { problems } = readSettings(variables);
  if (problems.length > 0) stop(problems.join('\n'), 2);

  const modules = await bundleWorker(join(stateDir, 'worker'));
  const configPath = join(stateDir, 'workerd.capnp');
  writeFileSync(configPath, workerdConfig({ modules, port, stateDir, variables }), { mode: 0o600 });
  await release();
  const child = spawn(workerdPath(), ['serve', configPath], {
    env: variables,
    stdio: ['ignore', 'inherit', 'pipe'],
    // Ctrl-C in the terminal is for us, who then end workerd; it must not look like a crash.
    detached: platform !== 'win32',
  });
  // Whoever looks after the server from outside finds the process that really serves.
  writeFileSync(join(stateDir, 'workerd.pid'), `${child.pid}\n`);
  writeFileSync(join(stateDir, 'origin'), `${origin}\n`);
  watchOver(child);
  await answering(origin);
  stdout.write(`ready ${origin}\n`);
  if (demo) await runDemo(origin);
}

function wantedPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  return stop('PORT must be a number from 0 to 65535; 0 is any free one.', 2);
}

/** A port that nobody else gets before it is released. */
interface HeldPort {
  readonly port: number;
  readonly release: () => Promise<void>;
}

/**
 * The port itself when it is free, for 0 any free one, and any other where `orOther` says so. It must
 * be known before workerd starts: the Worker answers only for `Host` headers with its own port. And it
 * is held while the Worker is bundled: somebody else may ask for any free port meanwhile.
 */
async function heldPort(wanted: number, orOther: boolean): Promise<HeldPort> {
  // Pages that are open ask again and again for a server that is gone. One that would be let in here
  // would keep the port from being released for as long as it waits.
  const server = createServer((socket) => socket.resetAndDestroy());
  return await new Promise((done) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (orOther) return done(heldPort(0, false));
      const why = error.code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${error.code})`;
      return stop(`Port ${wanted} ${why}. Choose another one with PORT; 0 is any free one.`, 1);
    });
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      done({
        port: typeof address === 'object' && address ? address.port : wanted,
        release: () => new Promise((released) => server.close(() => released())),
      });
    });
  });
}

/** The binary for this platform, as its package knows it. */
function workerdPath(): string {
  const load = createRequire(import.meta.url);
  return (load('workerd') as { default: string }).default;
}

/** Ties the life of workerd to ours, both ways. */
function watchOver(child: ChildProcess): void {
  let said = '';
  let ending = false;
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-10_000);
    stderr.write(chunk);
  });
  child.once('error', (error) => stop(`workerd cannot be started: ${error.message}`, 1));
  child.once('exit', (code, signal) => {
    if (ending) exit(0);
    stop(`workerd ended (${signal ?? code}).${said === '' ? '' : ' What it said is above.'}`, 1);
  });
  const end = () => {
    ending = true;
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), STOP_MS).unref();
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  endWithUs(child);
}

/**
 * When this process is killed with -9 it cannot end workerd any more. A small shell holds the
 * other end of a pipe to us: the pipe closes when we are gone, however we went.
 */
function endWithUs(child: ChildProcess): void {
  if (platform === 'win32' || child.pid === undefined) return;
  const quit = `kill ${child.pid} 2>/dev/null && sleep ${STOP_MS / 1000} && kill -9 ${child.pid} 2>/dev/null`;
  const guard = spawn('sh', ['-c', `cat >/dev/null; ${quit}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A group of its own: Ctrl-C in the terminal is for us, the guard leaves with the pipe.
    detached: true,
  });
  guard.unref();
  child.once('exit', () => guard.kill());
}

async function answering(origin: string): Promise<void> {
  const until = Date.now() + START_MS;
  while (Date.now() < until) {
    const response = await fetch(`${origin}/robots.txt`).catch(() => null);
    if (response?.ok === true) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  stop('workerd does not answer.', 1);
}

function stop(message: string, code: number): never {
  stderr.write(`${message}\n`);
  exit(code);
}

/** The least that a Worker can do with a request: pass it on, and the answer back. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { COMPATIBILITY_DATE } from '../scripts/workerd-config.ts';
import { freePort } from '../test/support/peers.ts';
import type { Peer } from './peers.ts';

const START_MS = 20_000;

/** A server, and the process that it is. */
export interface BareWorker extends Peer {
  readonly pid: number;
}

/** A workerd of its own with nothing in it but a way to `origin`. */
export async function bareWorker(origin: string): Promise<BareWorker> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const port = await freePort();
  const config = join(folder, 'bare.capnp');
  writeFileSync(config, configOf(port, origin));
  const { default: workerd } = createRequire(import.meta.url)('workerd') as { default: string };
  const child = spawn(workerd, ['serve', config], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const leave = () => child.kill('SIGTERM');
  // It must not stay when the bench breaks off.
  process.once('exit', leave);
  const close = async (): Promise<void> => {
    process.off('exit', leave);
    leave();
    await ended;
    rmSync(folder, { recursive: true });
  };
  const host = `127.0.0.1:${port}`;
  for (const until = Date.now() + START_MS; ;) {
    const isThere = await fetch(`http://${host}/ready`).then(
      (response) => response.ok,
      () => false,
    );
    if (isThere) return { origin: `http://${host}`, host, pid: child.pid ?? 0, close };
    if (Date.now() > until) {
      await close();
      throw new Error('The bare Worker does not answer.');
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function configOf(port: number, origin: string): string {
  const script = `export default {
    fetch(request) {
      const { pathname, search } = new URL(request.url);
      if (pathname === '/ready') return new Response();
      return fetch('${origin}' + pathname + search, request);
    },
  };`;
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "bare", esModule = ${JSON.stringify(script)})],
      compatibilityDate = "${COMPATIBILITY_DATE}",
      globalOutbound = "loopback",
    )),
    (name = "loopback", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`;
}

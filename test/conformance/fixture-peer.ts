import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { bundleWorker } from '../../scripts/bundle.ts';
import { workerdConfig } from '../../scripts/workerd-config.ts';
import { answering, freePort, type Peer } from '../support/peers.ts';

const ENTRY = 'test/conformance/fixture/index.ts';

/** The fixture in the workerd that serves the product. Its endpoint is `{origin}/mcp`. */
export async function fixturePeer(): Promise<Peer> {
  const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-fixture-'));
  for (const folder of ['runs', 'snapshots']) mkdirSync(join(stateDir, folder));
  const port = await freePort();
  const host = `localhost:${port}`;
  const variables = {
    ID_KEY: 'an-id-key-of-the-fixture-that-is-long-enough',
    VAULT_KEY: 'a-vault-key-of-the-fixture-that-is-long-enough',
    LOCAL_OWNER: '1',
    LOCAL_ORIGIN: `http://127.0.0.1:${port}`,
  };
  const modules = await bundleWorker(join(stateDir, 'worker'), ENTRY);
  const config = join(stateDir, 'workerd.capnp');
  writeFileSync(config, workerdConfig({ modules, port, stateDir, variables }));
  const load = createRequire(import.meta.url);
  const { default: workerd } = load('workerd') as { default: string };
  const child = spawn(workerd, ['serve', config], {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await answering(port);
  return {
    origin: `http://${host}`,
    host,
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test, vi } from 'vitest';

import { calls, chatServer, says } from '../../support/chat-server.ts';
import { browse } from '../../support/login-peer.ts';
import { LINK, loginPlace } from '../../support/login-place.ts';
import { folder } from '../../support/mdops.ts';
import { everythingPeer } from '../../support/peers.ts';

// Every command line is a process of its own, and a busy machine starts them slowly.
vi.setConfig({ testTimeout: 180_000 });

const ENTRY = fileURLToPath(new URL('../../../src/cli/mdops.ts', import.meta.url));

/** Gives a program a real terminal; only the one of util-linux takes these options. */
const SCRIPT = '/usr/bin/script';

/** The command line at a real terminal. */
function atTerminal(args: readonly string[], env: Readonly<Record<string, string>>) {
  // Without `exec` a shell stands between and takes the Ctrl-C as well.
  const command = ['exec', process.execPath, ENTRY, ...args].join(' ');
  const child = spawn(SCRIPT, ['-qefc', command, '/dev/null'], { env });
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const sees = async (wanted: RegExp): Promise<string> => {
    for (;;) {
      const found = wanted.exec(shown)?.[0];
      if (found !== undefined) return found;
      if (child.exitCode !== null) throw new Error(`It ended without ${wanted}: ${shown}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return { ended, sees, types: (text: string) => child.stdin.write(text), shown: () => shown };
}

describe.skipIf(process.platform !== 'linux' || !existsSync(SCRIPT))('at a real terminal', () => {
  test('Enter opens the link of a login, and the run goes on after it', async () => {
    await using place = await loginPlace();
    await using model = await chatServer(calls('calculate', { expression: '6 * 7' }), says('42.'));
    await using files = await folder({
      'p.md': `---\nmcp: ${place.peer.tools.url}\n---\nWhat is 6 * 7?`,
      'bin/xdg-open': '',
    });
    const bin = join(files.path, 'bin');
    const opened = join(files.path, 'opened');
    await writeFile(join(bin, 'xdg-open'), `#!/bin/sh\nprintf '%s|' "$@" > ${opened}\n`);
    await chmod(join(bin, 'xdg-open'), 0o755);
    const env = {
      ...place.env,
      PATH: `${bin}:${process.env['PATH']}`,
      OPENAI_BASE_URL: model.baseUrl,
    };
    const running = atTerminal(['run', join(files.path, 'p.md')], env);
    await running.sees(/Press Enter/);
    const link = await running.sees(LINK);
    running.types('\n');
    await expect.poll(() => readFile(opened, 'utf8')).toBe(`${link}|`);
    await browse(link);
    expect(await running.ended).toBe(0);
    expect(running.shown()).toMatch(/waiting for a login[^]*there is a login[^]*42\./);
  });

  test('Ctrl-C while the link waits for Enter cancels the run', async () => {
    await using place = await loginPlace();
    const prompt = `---\nmcp: ${place.peer.tools.url}\n---\nHi.`;
    await using files = await folder({ 'p.md': prompt });
    const env = { ...place.env, PATH: process.env['PATH'] ?? '' };
    const running = atTerminal(['run', join(files.path, 'p.md')], env);
    await running.sees(/Press Enter/);
    running.types('\u0003');
    expect(await running.ended).toBe(5);
    expect(running.shown()).toContain('The run was cancelled.');
  });

  test('a tool asks, the person answers, and the tool gets it', async () => {
    const peer = await everythingPeer();
    await using model = await chatServer(calls('trigger-elicitation-request', {}), says('Done.'));
    await using files = await folder({ 'p.md': `---\nmcp: ${peer.origin}/mcp\n---\nAsk.` });
    const env = {
      PATH: process.env['PATH'] ?? '',
      MDOPS_HOME: join(files.path, 'home'),
      EGRESS_ALLOW: peer.host,
      OPENAI_BASE_URL: model.baseUrl,
    };
    const running = atTerminal(['run', join(files.path, 'p.md')], env);
    await running.sees(/text, required/);
    running.types(`Ada${'\n'.repeat(30)}`);
    expect(await running.ended).toBe(0);
    const result = model.asked[1]?.body.messages.find(({ role }) => role === 'tool');
    expect(JSON.stringify(result?.content)).toContain('Ada');
    await peer.stop();
  });
});

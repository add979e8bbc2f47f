/** `npm start`: what it checks, what it keeps, how it ends. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it, vi } from 'vitest';
import { keptFiles } from '../support/kept-files.ts';
import { freePort, httpPeer } from '../support/peers.ts';
import { startProduct, startUntilEnd } from '../support/product.ts';

describe('the launcher', () => {
  it.each([
    ['PORT', 'eighty'],
    ['PORT', '70000'],
    ['EGRESS_ALLOW', '10.0.0.1:80'],
    ['EGRESS_ALLOW', 'nonsense'],
    ['OPENAI_BASE_URL', 'localhost:1234'],
    ['PUBLIC_URL', 'https://prompts.example/path'],
    ['API_KEYS', 'alice:short'],
    ['PUBLIC_RUNS', 'yes please'],
    ['MCP_SERVER_ENDPOINTS', 'mcp.example'],
    ['MCP_SERVER_ENDPOINTS', 'openapi:api.example'],
    ['ID_KEY', 'too short'],
    ['DEFAULT_MODEL', 'demo/huge'],
  ])('stops with one line about a malformed %s (%s)', async (name, value) => {
    const { code, stderr, stdout } = await startUntilEnd({ [name]: value });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(name);
  });

  it('says in one line that the port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await startUntilEnd({ PORT: String(port) });
    server.close();
    expect(code).toBe(1);
    expect(stderr.trim()).toBe(
      `Port ${port} is taken. Choose another one with PORT; 0 is any free one.`,
    );
  });

  it('starts though pages that are still open ask for it all the time, and wait for an answer', async () => {
    const port = await freePort();
    const open = new Set<Socket>();
    const knock = (): void => {
      const socket = connect(port, '127.0.0.1');
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => open.delete(socket));
    };
    const knocking = setInterval(knock, 5);
    const product = await startProduct({ PORT: String(port) });
    clearInterval(knocking);
    for (const socket of open) socket.destroy();
    expect((await fetch(`${product.origin}/robots.txt`)).status).toBe(200);
    await product.stop();
  });

  it('runs the example on another port when the usual one is taken, and keeps serving', async () => {
    const server = createServer();
    // Taken by us, or by whatever else runs on this machine: both will do.
    await new Promise<void>((resolve) => {
      server.once('error', () => resolve()).listen(8787, '127.0.0.1', resolve);
    });
    const product = await startProduct({ PORT: '' }, ['--demo']);
    await vi.waitUntil(() => product.printed().includes('Ctrl-C'), { timeout: 20_000 });
    const urls = [...product.printed().matchAll(/^(?:Page|Markdown|JSON) +(\S+)$/gm)].map(
      ([, url = '']) => url,
    );
    const texts = await Promise.all(urls.map(async (url) => (await fetch(url)).text()));
    await product.stop();
    server.close();
    expect(new URL(product.origin).port).not.toBe('8787');
    expect(urls).toHaveLength(3);
    for (const text of [product.printed(), ...texts]) expect(text).toContain('17 * 23 = 391');
  });

  it('does not start a second server on the state of one that runs', async () => {
    const product = await startProduct({ PORT: '0' });
    const { code, stdout, stderr } = await startUntilEnd({ STATE_DIR: product.stateDir });
    const answer = await fetch(`${product.origin}/robots.txt`);
    await product.stop();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`A server runs already at ${product.origin} `);
    expect(answer.status).toBe(200);
  });

  it('ends with 0 on SIGTERM and takes workerd with it', async () => {
    const product = await startProduct();
    const serving = product.workerdPid();
    await product.stop();
    expect(await product.ended).toMatchObject({ code: 0, stderr: '' });
    expect(() => process.kill(serving, 0)).toThrow();
  });

  it('ends with 0 on SIGTERM while somebody follows a run that goes on', async () => {
    const silent = await httpPeer(() => undefined);
    const product = await startProduct({ OPENAI_BASE_URL: `${silent.origin}/v1` });
    const events = await fetch(product.origin, {
      method: 'POST',
      body: '---\nmodel: gpt-4o\n---\n\nHello.',
      headers: { accept: 'text/event-stream' },
    });
    const reader = events.body?.getReader();
    await reader?.read();
    await product.stop();
    expect(await product.ended).toMatchObject({ code: 0 });
    await reader?.cancel().catch(() => undefined);
    await silent.stop();
  });

  it('ends with 1 when workerd dies', async () => {
    const product = await startProduct();
    process.kill(product.workerdPid(), 'SIGKILL');
    const { code, stderr } = await product.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('workerd ended (SIGKILL)');
  });

  it('leaves no workerd behind when it is killed itself', async () => {
    const product = await startProduct();
    const serving = product.workerdPid();
    process.kill(product.pid, 'SIGKILL');
    await product.ended;
    await expect.poll(() => isAlive(serving)).toBe(false);
  });

  it('makes its keys once, readable by their owner alone, and writes no other secret to disk', async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-'));
    const secret = 'sk-canary-0123456789';
    const first = await startProduct({ STATE_DIR: stateDir, OPENAI_API_KEY: secret });
    await first.stop();
    const key = readFileSync(join(stateDir, 'id-key'), 'utf8');
    expect(statSync(join(stateDir, 'id-key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(stateDir, 'vault-key')).mode & 0o777).toBe(0o600);
    const second = await startProduct({ STATE_DIR: stateDir });
    await second.stop();
    expect(readFileSync(join(stateDir, 'id-key'), 'utf8')).toBe(key);
    expect(keptFiles(stateDir).some((text) => text.includes(secret))).toBe(false);
    rmSync(stateDir, { recursive: true, force: true });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

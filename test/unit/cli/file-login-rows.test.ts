import { spawn } from 'node:child_process';
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, test, vi } from 'vitest';

import { breakLock, look, withFileLock, type LockTimes } from '../../../src/cli/file-lock.ts';
import { FileLoginRows } from '../../../src/cli/file-login-rows.ts';
import { FileServerMemory } from '../../../src/cli/file-server-memory.ts';
import { StateFolder, statePath } from '../../../src/cli/state-folder.ts';
import { givenVaultKeys, vaultKeys } from '../../../src/cli/vault-key.ts';
import { folder } from '../../support/mdops.ts';

vi.setConfig({ testTimeout: 180_000 });

const QUICK: LockTimes = { poll: 5, beat: 20, silence: 150, patience: 5000 };

async function rowsIn(path: string) {
  const home = new StateFolder(join(path, 'home'));
  return { home, rows: new FileLoginRows(home, QUICK) };
}

async function allFiles(path: string): Promise<string[]> {
  const names = await readdir(path, { recursive: true, withFileTypes: true });
  return names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('where logins are kept', () => {
  test.each([
    [{ MDOPS_HOME: '/own' }, 'linux', '/own'],
    [{ XDG_DATA_HOME: '/x' }, 'linux', '/x/mdops'],
    [{ XDG_DATA_HOME: 'relative' }, 'linux', '/me/.local/share/mdops'],
    [{}, 'darwin', '/me/Library/Application Support/mdops'],
    [{ LOCALAPPDATA: '/local' }, 'win32', '/local/mdops'],
  ] as const)('%j on %s is %s', (env, platform, path) => {
    expect(statePath(env, platform, '/me')).toBe(path);
  });
});

describe('rows of logins in files', () => {
  test('are kept, read back, listed by kind and forgotten', async () => {
    await using files = await folder({});
    const { rows } = await rowsIn(files.path);
    await rows.put('grant', 'a/../b', 'one');
    await rows.put('grant', 'c', 'two');
    await rows.put('flow', 'c', 'three');
    await rows.put('grant', 'c', 'four');
    expect(await rows.get('grant', 'a/../b')).toBe('one');
    expect(await rows.get('grant', 'c')).toBe('four');
    expect(await rows.get('client', 'c')).toBeNull();
    expect((await rows.list('grant')).map(({ key }) => key).toSorted()).toEqual(['a/../b', 'c']);
    await rows.delete('grant', 'c');
    await rows.delete('grant', 'never there');
    expect(await rows.get('grant', 'c')).toBeNull();
    expect(await rows.get('flow', 'c')).toBe('three');
  });

  test('make nothing before something is kept', async () => {
    await using files = await folder({});
    const { rows } = await rowsIn(files.path);
    expect(await rows.get('grant', 'a')).toBeNull();
    expect(await rows.list('grant')).toEqual([]);
    await rows.delete('grant', 'a');
    expect(await readdir(files.path)).toEqual([]);
  });

  test('only their owner may read them, the folders and the key, whatever the umask is', async () => {
    await using files = await folder({});
    const { home, rows } = await rowsIn(files.path);
    const before = process.umask(0);
    try {
      await rows.put('grant', 'a', 'one');
      await rows.alone('a', async () => undefined);
      await vaultKeys([], home);
    } finally {
      process.umask(before);
    }
    const modes = async (paths: readonly string[]) =>
      new Set(await Promise.all(paths.map(async (path) => (await stat(path)).mode & 0o777)));
    const made = await allFiles(home.path);
    expect(made).toHaveLength(2);
    expect(await modes(made)).toEqual(new Set([0o600]));
    const folders = ['', 'logins', 'locks'].map((name) => join(home.path, name));
    expect(await modes(folders)).toEqual(new Set([0o700]));
  });

  test.each(['', 'logins'])('are refused when others may enter the folder %j', async (name) => {
    await using files = await folder({});
    const { home, rows } = await rowsIn(files.path);
    await rows.put('grant', 'a', 'one');
    const open = join(home.path, name);
    await chmod(open, 0o755);
    await expect(rows.get('grant', 'a')).rejects.toThrow(`chmod 700 ${open}`);
    await expect(rows.put('grant', 'a', 'two')).rejects.toThrow('Others may use');
  });

  test('are refused when others may read the file', async () => {
    await using files = await folder({});
    const { home, rows } = await rowsIn(files.path);
    await rows.put('grant', 'a', 'one');
    const [path = ''] = await allFiles(home.path);
    await chmod(path, 0o640);
    await expect(rows.get('grant', 'a')).rejects.toThrow(`chmod 600 ${path}`);
    await expect(rows.list('grant')).rejects.toThrow('chmod 600');
  });

  test('are not read through a link, and writing replaces the link', async () => {
    await using files = await folder({ target: '{"key":"a","value":"planted"}' });
    const { home, rows } = await rowsIn(files.path);
    const target = join(files.path, 'target');
    await chmod(target, 0o600);
    await rows.put('grant', 'a', 'one');
    const [path = ''] = await allFiles(home.path);
    await rows.delete('grant', 'a');
    await symlink(target, path);
    await expect(rows.get('grant', 'a')).rejects.toThrow('is a link');
    await rows.put('grant', 'a', 'two');
    expect(await rows.get('grant', 'a')).toBe('two');
    expect(await readFile(target, 'utf8')).toContain('planted');
  });

  test('are not kept in a folder that is a link', async () => {
    await using files = await folder({});
    const { home, rows } = await rowsIn(files.path);
    await mkdir(join(files.path, 'elsewhere'), { mode: 0o700 });
    await symlink(join(files.path, 'elsewhere'), home.path);
    await expect(rows.put('grant', 'a', 'one')).rejects.toThrow('is not a folder');
    expect(await readdir(join(files.path, 'elsewhere'))).toEqual([]);
  });

  test('a file that was cut off or belongs to another row is as if it were not there', async () => {
    await using files = await folder({});
    const { home, rows } = await rowsIn(files.path);
    await rows.put('grant', 'a', 'one');
    const [path = ''] = await allFiles(home.path);
    await writeFile(path, '{"key":"a","va');
    expect(await rows.get('grant', 'a')).toBeNull();
    await writeFile(path, '{"key":"b","value":"moved here"}');
    expect(await rows.get('grant', 'a')).toBeNull();
  });
});

test('what a process left behind that died while it wrote is removed after an hour', async () => {
  await using files = await folder({});
  const { home, rows } = await rowsIn(files.path);
  await rows.put('grant', 'a', 'one');
  const [old, young] = ['old.tmp', 'young.tmp'].map((name) => join(home.path, 'logins', name));
  await Promise.all([old, young].map((path) => writeFile(path ?? '', 'sealed')));
  const before = new Date(Date.now() - 2 * 3_600_000);
  await utimes(old ?? '', before, before);
  expect(await rows.list('grant')).toHaveLength(1);
  const left = await readdir(join(home.path, 'logins'));
  expect(left).toContain('young.tmp');
  expect(left).not.toContain('old.tmp');
});

describe('the key of the vault', () => {
  test('is made once, also by many at the same time', async () => {
    await using files = await folder({});
    const home = new StateFolder(join(files.path, 'home'));
    const made = await Promise.all(Array.from({ length: 20 }, () => vaultKeys([], home)));
    expect(new Set(made.flat()).size).toBe(1);
    expect(await vaultKeys([], home)).toEqual(made[0]);
    expect(made[0]?.[0]?.length).toBeGreaterThanOrEqual(32);
  });

  test('those of VAULT_KEY come first, and the kept one still opens', async () => {
    await using files = await folder({});
    const home = new StateFolder(join(files.path, 'home'));
    const [one, two] = ['1'.repeat(32), '2'.repeat(32)];
    const given = givenVaultKeys({ VAULT_KEY: `${one}, ${two}` });
    expect(await vaultKeys(given, home)).toEqual([one, two]);
    expect(await home.exists()).toBe(false);
    const [kept] = await vaultKeys([], home);
    expect(await vaultKeys([one], home)).toEqual([one, kept]);
    expect(() => givenVaultKeys({ VAULT_KEY: 'short' })).toThrow('at least 32');
  });
});

describe('the lock of a name', () => {
  test('lets one in at a time, in this process and in others', async () => {
    await using files = await folder({ count: '0' });
    const { rows } = await rowsIn(files.path);
    const others = new FileLoginRows(new StateFolder(join(files.path, 'home')), QUICK);
    const path = join(files.path, 'count');
    const add = (through: FileLoginRows) =>
      through.alone('count', async () => {
        const count = Number(await readFile(path, 'utf8'));
        await sleep(1);
        await writeFile(path, String(count + 1));
      });
    await Promise.all(Array.from({ length: 20 }, (_, index) => add(index % 2 ? rows : others)));
    expect(await readFile(path, 'utf8')).toBe('20');
  });

  test('gives what the work gives, and is free after work that failed', async () => {
    await using files = await folder({});
    const { rows } = await rowsIn(files.path);
    const failing = rows.alone('a', () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await rows.alone('a', async () => 7)).toBe(7);
  });

  test('of a process that was killed is taken over at once', async () => {
    await using files = await folder({});
    const path = join(files.path, 'l.lock');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    await writeFile(path, JSON.stringify({ pid: child.pid, host: hostname(), token: 't' }));
    child.kill('SIGKILL');
    await gone;
    expect(await withFileLock(path, async () => 'mine', { ...QUICK, silence: 1e9 })).toBe('mine');
  });

  test('of a process that cannot be asked is taken over when it gives no sign of life', async () => {
    await using files = await folder({});
    const path = join(files.path, 'l.lock');
    await writeFile(path, JSON.stringify({ pid: 1, host: 'another', token: 't' }));
    expect(await withFileLock(path, async () => 'mine', QUICK)).toBe('mine');
    await writeFile(path, '');
    expect(await withFileLock(path, async () => 'again', QUICK)).toBe('again');
    expect(await readdir(files.path)).toEqual([]);
  });

  test('that was made while another was watched is not taken for it, though both are empty', async () => {
    await using files = await folder({});
    const path = join(files.path, 'l.lock');
    await writeFile(path, '');
    await utimes(path, new Date(0), new Date(0));
    const watched = await look(path);
    if (watched === null) throw new TypeError('There is no lock.');
    await rm(path);
    await writeFile(path, '');
    await breakLock(path, watched, QUICK);
    expect(await readdir(files.path)).toEqual(['l.lock']);
    await utimes(path, new Date(0), new Date(0));
    await breakLock(path, watched, QUICK);
    expect(await readdir(files.path)).toEqual([]);
  });

  test('is not taken from a holder that gives signs of life', async () => {
    await using files = await folder({});
    const path = join(files.path, 'l.lock');
    await writeFile(path, JSON.stringify({ pid: 1, host: 'another', token: 't' }));
    const beat = setInterval(() => void utimes(path, new Date(), new Date()), 20);
    const waiting = withFileLock(path, async () => 'mine', { ...QUICK, patience: 600 });
    await expect(waiting).rejects.toThrow('Another mdops is busy');
    clearInterval(beat);
  });

  test.each([
    ['whole', JSON.stringify({ pid: 1, host: 'another', token: 't' })],
    ['empty', ''],
  ])('left behind %s, lets one in at a time however many find it', async (_kind, text) => {
    await using files = await folder({});
    const path = join(files.path, 'l.lock');
    await writeFile(path, text);
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(5);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 12 }, () => withFileLock(path, work, QUICK)));
    expect(most).toBe(1);
  });
});

describe('what runs learned of servers', () => {
  const key = (index: number) => index.toString(16).padStart(64, '0');
  const memo = { era: 'handshake', until: 1 } as const;

  test('is kept only beside logins, read back and forgotten', async () => {
    await using files = await folder({});
    const { home, rows } = await rowsIn(files.path);
    const memory = new FileServerMemory(home);
    await memory.keep(key(1), memo);
    expect(await readdir(files.path)).toEqual([]);
    await rows.put('grant', 'a', 'one');
    expect(await memory.recall(key(1))).toBeNull();
    await memory.keep(key(1), memo);
    expect(await memory.recall(key(1))).toEqual(memo);
    await memory.keep(key(1), null);
    expect(await memory.recall(key(1))).toBeNull();
    await expect(memory.keep('../a', memo)).rejects.toThrow(TypeError);
  });

  test('is bounded, and nonsense in a file is nothing', async () => {
    await using files = await folder({});
    const { home, rows } = await rowsIn(files.path);
    await rows.put('grant', 'a', 'one');
    const memory = new FileServerMemory(home);
    for (let index = 0; index < 70; index += 1) await memory.keep(key(index), memo);
    const kept = await readdir(join(home.path, 'servers'));
    expect(kept).toHaveLength(64);
    await writeFile(join(home.path, 'servers', `${key(69)}.json`), '{"era":"none","until":1}');
    expect(await memory.recall(key(69))).toBeNull();
  });
});

import { randomBase62 } from './base62.ts';
import { ACTION_MS } from './login-desk.ts';
import type { LoginAction, LoginLinks, LoginWish } from './login-desk.ts';
import type { LoginTarget } from './login.ts';
import type { Link } from './vault-row.ts';
import { openVault } from './vault.ts';
import type { LoginClientOptions } from './login-client.ts';

/** Links of one principal at a time. */
const MAX_LINKS = 200;

/** Login links that nobody is told of: whoever waits for one looks for the login by itself. */
export interface KeptLinks extends LoginLinks {
  /** The link for a wish; while one for the same target waits, the same one. */
  add(wish: Pick<LoginWish, 'target' | 'shown'>): Promise<LoginAction>;
}

/**
 * The login links of one principal beside its other rows, sealed like those.
 * @throws TypeError without a vault key
 * @see spec/tool-servers.md, Login
 */
export function keptLinks(
  options: Pick<LoginClientOptions, 'rows' | 'principal' | 'vaultKeys' | 'now'>,
): KeptLinks {
  const { rows, principal, vaultKeys, now } = options;
  const vault = openVault(rows, principal, vaultKeys);
  const change = (id: string, made: (link: Link) => Link): Promise<void> =>
    vault.alone('links', async () => {
      const link = await vault.get('link', id);
      if (link !== null) await vault.put('link', id, made(link));
    });
  return {
    add: ({ target, shown }) =>
      vault.alone('links', async () => {
        const all = await vault.list('link');
        const same = all.find(({ row }) => isOpen(row, now()) && isSame(row.target, target));
        if (same !== undefined) return actionOf(same.key, same.row);
        for (const { key, row } of all)
          if (row.expires_at <= now()) await vault.delete('link', key);
        await vault.makeRoom('link', MAX_LINKS, ({ created_at }) => created_at);
        const id = randomBase62(24);
        const at = { created_at: now(), expires_at: now() + ACTION_MS };
        const link: Link = { target, shown, ...at, state: 'waiting', failure: null };
        await vault.put('link', id, link);
        return actionOf(id, link);
      }),
    find: async (id) => {
      const link = await vault.get('link', id);
      return link === null ? null : actionOf(id, link);
    },
    begin: (id) => change(id, (link) => ({ ...link, failure: null })),
    fail: (id, failure) => change(id, (link) => ({ ...link, failure })),
    resolve: async (target) => {
      for (const { key, row } of await vault.list('link')) {
        if (!isSame(row.target, target)) continue;
        await change(key, (link) => ({ ...link, state: 'done', failure: null }));
      }
    },
  };
}

function isOpen({ state, expires_at }: Link, now: number): boolean {
  return state === 'waiting' && expires_at > now;
}

function isSame(one: LoginTarget, other: LoginTarget): boolean {
  return one.url === other.url && one.user === other.user && one.profile === other.profile;
}

function actionOf(id: string, { target, shown, expires_at, state, failure }: Link): LoginAction {
  return { id, target, shown, run_id: null, expires_at, state, failure };
}

import type { GuardedFetch } from '../egress/guarded-fetch.ts';
import { RunLogins } from '../execute/run-logins.ts';
import type { PrincipalLogins } from '../execute/run-logins.ts';
import { keptLinks } from '../login/kept-links.ts';
import type { LoginClient, RegisteredClient } from '../login/login-client.ts';
import { LoginDesk, workLimit } from '../login/login-desk.ts';
import { loginClient } from '../login/oauth-client.ts';
import type { LoginRecord, LoginRows } from '../login/login.ts';
import type { AppUser } from './proxy-options.ts';

/** What the logins of an app's users are made of. */
export interface UserLoginsOptions {
  readonly rowsOf: (user: string) => LoginRows;
  readonly vaultKeys: readonly string[];
  readonly fetch: GuardedFetch;
  readonly redirectUri: string;
  readonly clientMetadataUrl: string | null;
  readonly registered: readonly RegisteredClient[];
  readonly clientName: string;
}

/** The logins of the users of an app, each user's apart. */
export class UserLogins {
  readonly #options: UserLoginsOptions;

  constructor(options: UserLoginsOptions) {
    this.#options = options;
  }

  /** The logins for one completion. @param label the caller's `user`, a label inside the user */
  forRun({ user, profile }: AppUser, label: string): RunLogins {
    const principal = this.#principal(user);
    return new RunLogins({
      principal,
      run: null,
      user: label,
      profile,
      addressOf: ({ url }) => url,
    });
  }

  /** The login links of a user. */
  desk(user: string): LoginDesk {
    const { client, links } = this.#of(user);
    return new LoginDesk({ links, logins: async () => client, now: () => Date.now() });
  }

  /** The logins that are there, newest last. */
  async list({ user, profile }: AppUser): Promise<readonly LoginRecord[]> {
    const records = await this.#of(user).client.list();
    return records.filter(({ target }) => target.profile === profile);
  }

  /** Ends the logins for a server, or the one of an id; revoked where that is offered. */
  async remove(who: AppUser, urlOrId: string): Promise<boolean> {
    const url = URL.canParse(urlOrId) ? new URL(urlOrId).href : null;
    const { client } = this.#of(who.user);
    const meant = (await this.list(who)).filter(
      ({ id, target }) => id === urlOrId || target.url === url,
    );
    const ended = await Promise.all(meant.map(({ id }) => client.disconnect(id, workLimit())));
    return ended.includes(true);
  }

  #principal(user: string): PrincipalLogins {
    const { client, links } = this.#of(user);
    return {
      token: (target) => client.token(target, workLimit()),
      refused: (target, refusal) => client.refused(target, refusal, workLimit()),
      ask: async (wish) => {
        // Nobody must wait a day for a link that leads nowhere.
        await client.plan(wish.target, workLimit());
        const { id, expires_at } = await links.add(wish);
        return { action_id: id, expires_at };
      },
    };
  }

  #of(user: string): {
    readonly client: LoginClient;
    readonly links: ReturnType<typeof keptLinks>;
  } {
    const { rowsOf, ...rest } = this.#options;
    const own = { ...rest, principal: user, rows: rowsOf(user), now: () => Date.now() };
    return { client: loginClient(own), links: keptLinks(own) };
  }
}

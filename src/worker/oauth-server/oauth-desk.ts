import type {
  AuthRequest,
  ClientInfo,
  GrantSummary,
  OAuthHelpers,
  ValidatedAccessToken,
} from '@cloudflare/workers-oauth-provider';
import { mac } from '../../connect/keyed-hash.ts';
import { base62 } from '../../login/base62.ts';
import type { Grantor } from './grantor.ts';
import type { KeptRows } from './kept-rows.ts';
import { authorizationServer, toLibrary } from './library.ts';

/** Seconds after which a refresh token that was issued is not known again any more. */
const KNOWN_AGAIN_S = 30 * 86_400;

/** A request to the token endpoint; the same one takes tokens back. */
export interface TokenOrder {
  readonly origin: string;
  /** The client's password, where it has one. */
  readonly authorization: string | null;
  /** A form. */
  readonly body: string;
}

/** What the token endpoint answers. */
export interface TokenReply {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** What somebody allowed a program. */
export interface Approval {
  readonly origin: string;
  readonly grantorId: string;
  readonly request: AuthRequest;
  readonly client: ClientInfo;
  readonly scopes: readonly string[];
  readonly grantor: Grantor;
  readonly program: ProgramFacts;
}

/** What is remembered of a program, for the person who let it in. */
export interface ProgramFacts {
  /** As it calls itself. */
  readonly name: string;
  /** The host that vouches for the name; null when nothing does. */
  readonly domain: string | null;
  readonly redirect_host: string;
}

/**
 * What one person let programs do: the grants, their tokens as hashes, and what the programs said
 * of themselves when they were let in. Called one at a time where something changes, so that two
 * requests with one code or one refresh token cannot both win.
 */
export class OauthDesk {
  readonly #rows: KeptRows;

  constructor(rows: KeptRows) {
    this.#rows = rows;
  }

  /** The token endpoint. */
  async exchange({ origin, authorization, body }: TokenOrder): Promise<TokenReply> {
    let refusal = '';
    const server = authorizationServer(origin, (reason) => {
      refusal = reason;
    });
    const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' });
    if (authorization !== null) headers.set('authorization', authorization);
    const request = new Request(`${origin}/oauth/token`, { method: 'POST', headers, body });
    const reply = await replyOf(await toLibrary(server, request, this.#rows));
    if (refusal === 'refresh_token_mismatch') await this.#endIfStolen(origin, body);
    if (reply.status === 200) await this.#knowAgain(reply.body);
    return reply;
  }

  /** Gives the program a code, and ends what it was allowed before. */
  async approve(approval: Approval): Promise<string> {
    const { origin, grantorId, request, client, scopes, grantor, program } = approval;
    await this.#rows.put(`client:${client.clientId}`, JSON.stringify(client));
    const { redirectTo } = await this.#helpers(origin).completeAuthorization({
      request,
      userId: grantorId,
      scope: [...scopes],
      metadata: program,
      props: grantor,
    });
    return redirectTo;
  }

  /** What an access token gives for our resource of this origin; null when it gives nothing. */
  validate(
    origin: string,
    resource: string,
    token: string,
  ): Promise<ValidatedAccessToken<Grantor> | null> {
    return authorizationServer(origin).validateToken<Grantor>(resource, token, {
      OAUTH_KV: this.#rows,
    });
  }

  /** The grants that a program took up, newest first. */
  async list(origin: string, grantorId: string): Promise<readonly GrantSummary[]> {
    const { items } = await this.#helpers(origin).listUserGrants(grantorId);
    const taken = items.filter(({ expiresAt }) => expiresAt !== undefined);
    return taken.toSorted((one, other) => other.createdAt - one.createdAt);
  }

  /** Ends a grant with all its tokens; false when there is none of that id. */
  async end(origin: string, grantorId: string, id: string): Promise<boolean> {
    if (this.#rows.get(`grant:${grantorId}:${id}`) === null) return false;
    await this.#helpers(origin).revokeGrant(id, grantorId);
    return true;
  }

  /** What a program said of itself when it was let in. */
  client(id: string): unknown {
    return this.#rows.get(`client:${id}`, { type: 'json' });
  }

  /** Forgets programs of which nothing is allowed any more. */
  forgetPrograms(): void {
    const grants = this.#rows.list({ prefix: 'grant:' }).keys;
    const used = new Set(grants.map(({ metadata }) => clientIdIn(metadata)));
    // A grant that does not say whose it is keeps all of them.
    if (used.has(null)) return;
    for (const { name } of this.#rows.list({ prefix: 'client:' }).keys) {
      if (!used.has(name.slice('client:'.length))) this.#rows.delete(name);
    }
  }

  #helpers(origin: string): OAuthHelpers {
    return authorizationServer(origin).getOAuthApi({ OAUTH_KV: this.#rows });
  }

  async #knowAgain(body: string): Promise<void> {
    const token = /"refresh_token":"([^"]+)"/.exec(body)?.[1];
    if (token === undefined) return;
    const [userId, grantId] = token.split(':');
    const end = { expirationTtl: KNOWN_AGAIN_S };
    await this.#rows.put(await issuedKey(token), `${grantId}:${userId}`, end);
  }

  /**
   * A refresh token that was issued and is neither the last one nor the one before was used by two:
   * one of them stole it, and nobody knows which. So both lose it.
   * @see RFC 9700, section 4.14.2
   */
  async #endIfStolen(origin: string, body: string): Promise<void> {
    const token = new URLSearchParams(body).get('refresh_token') ?? '';
    const issued = this.#rows.get(await issuedKey(token));
    if (typeof issued !== 'string') return;
    const [grantId = '', userId = ''] = issued.split(':');
    await this.#helpers(origin).revokeGrant(grantId, userId);
  }
}

/** The token itself has 32 random characters: its hash can be looked up and not be guessed. */
async function issuedKey(token: string): Promise<string> {
  return `issued:${base62(await mac('issued', token), 43)}`;
}

function clientIdIn(metadata: unknown): string | null {
  const isNamed = typeof metadata === 'object' && metadata !== null && 'clientId' in metadata;
  return isNamed && typeof metadata.clientId === 'string' ? metadata.clientId : null;
}

async function replyOf(response: Response): Promise<TokenReply> {
  // Every endpoint of ours says itself which origins may read it.
  const headers = [...response.headers].filter(([name]) => !name.startsWith('access-control-'));
  return { status: response.status, headers, body: await response.text() };
}

/** A tool server behind a login and a home for logins, for command lines. */
import { join } from 'node:path';

import type { Behaviour } from './authorization-server.ts';
import { browse, loginPeer, type LoginPeer } from './login-peer.ts';
import { folder, Mdops } from './mdops.ts';

export interface LoginPlace extends AsyncDisposable {
  readonly peer: LoginPeer;
  /** `MDOPS_HOME`; not there before something is kept. */
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The link of a login as a command line prints it. */
export const LINK = /http:\/\/127\.0\.0\.1:\d+\/connect\/[\w-]+/;

export async function loginPlace(wishes: Partial<Behaviour> = {}): Promise<LoginPlace> {
  const [peer, files] = await Promise.all([loginPeer(wishes), folder({})]);
  const home = join(files.path, 'home');
  return {
    peer,
    home,
    env: { MDOPS_HOME: home, EGRESS_ALLOW: peer.allow },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([peer[Symbol.asyncDispose](), files[Symbol.asyncDispose]()]);
    },
  };
}

/** Logs in as a person does. */
export async function loggedIn(
  { peer, env }: LoginPlace,
  more: readonly string[] = [],
): Promise<void> {
  const running = new Mdops(['login', peer.tools.url, ...more], { env });
  await browse(await running.asks(LINK));
  const { code, stderr } = await running.finished();
  if (code !== 0) throw new Error(stderr);
}

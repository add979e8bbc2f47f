import { SdkError, SdkErrorCode } from '@modelcontextprotocol/client';
import { faultWithin } from './server-faults.ts';

/** One of two ways to open a connection. */
export interface Opening<T> {
  readonly opened: Promise<T>;
  /** Lets go of it, whether it is open yet or not. Never throws. */
  readonly close: () => Promise<void>;
}

/** How a server is greeted of which nothing is known. */
export interface Greetings<T> {
  /** Asks for the stateless protocol, and begins the handshake itself where that is not known. */
  readonly asking: Opening<T>;
  /** Begins with the handshake. */
  readonly shake: () => Opening<T>;
  /** Milliseconds for an answer to the question alone. */
  readonly patienceMs: number;
  /** Whether the server has not answered the question yet. */
  readonly isUnanswered: () => boolean;
}

/**
 * Asks a server for the stateless protocol, and begins the handshake when the question was answered in a
 * way that says nothing of MCP. When it is not answered at all for a while both go on side by side, and
 * the first that succeeds counts: a server that starts slowly may still know the stateless protocol, and
 * one that is dead takes no longer than its time limit.
 * @throws what the handshake is rejected with where it was begun, else what the question was
 * @see spec/tool-servers.md TS-1
 */
export async function greeted<T>(greetings: Greetings<T>): Promise<T> {
  const { asking } = greetings;
  try {
    const patience = patienceOver(greetings.patienceMs);
    const silent = await Promise.race([asking.opened.then(answered), patience.over]).finally(
      patience.end,
    );
    if (!silent || !greetings.isUnanswered()) return await asking.opened;
  } catch (error) {
    if (!saysNothing(error)) throw error;
    return await greetings.shake().opened;
  }
  return await first(asking, greetings.shake());
}

function answered(): false {
  return false;
}

function patienceOver(ms: number): { over: Promise<true>; end: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<true>((resolve) => {
    timer = setTimeout(() => resolve(true), ms);
  });
  return { over, end: () => clearTimeout(timer) };
}

/**
 * Whether a question failed in a way in which gateways and older servers answer what they do not know:
 * 403, 5xx, nothing, or something that cannot be read. A login that is asked for is an answer.
 */
function saysNothing(error: unknown): boolean {
  // What failed after the question is wrapped in another error.
  if (!(error instanceof SdkError) || error.code !== SdkErrorCode.EraNegotiationFailed)
    return false;
  const { code, detail } = faultWithin(error) ?? {};
  const status = Number(detail?.['status']);
  return (
    code === 'server_garbage' || (code === 'server_error' && (status === 403 || status >= 500))
  );
}

async function first<T>(asking: Opening<T>, shaking: Opening<T>): Promise<T> {
  try {
    const [open, other] = await firstOpen(asking, shaking);
    void other.close();
    return open;
  } catch (error) {
    await Promise.all([asking.close(), shaking.close()]);
    throw error;
  }
}

/** What was opened first, and the other one. */
async function firstOpen<T>(
  asking: Opening<T>,
  shaking: Opening<T>,
): Promise<readonly [T, Opening<T>]> {
  return new Promise((resolve, reject) => {
    asking.opened.then(
      (open) => resolve([open, shaking]),
      (error: unknown) => {
        if (!saysNothing(error)) reject(error);
      },
    );
    shaking.opened.then(
      (open) => resolve([open, asking]),
      (error: unknown) => {
        // Whoever has to log in would otherwise be told so only when the time is over.
        if (faultWithin(error)?.code === 'login_required') reject(error);
        else asking.opened.catch(() => reject(error));
      },
    );
  });
}

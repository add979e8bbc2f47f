/** A receiver of callbacks on loopback, as its author would write it: with `standardwebhooks`. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { httpPeer, type Peer } from './peers.ts';

/** One try that arrived. */
export interface Hooked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Whether the sender still waits for an answer that does not come. */
  readonly isHeld: () => boolean;
}

/** What is said when the signature is right. */
export interface CallbackBody {
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, string>>;
}

/** How one try is answered. */
export type HookAnswer = readonly [status: number, headers?: Readonly<Record<string, string>>];

export interface HookPeer extends Peer {
  readonly seen: readonly Hooked[];
  /** How the next tries are answered, in order; afterwards with 204. `null` never answers. */
  answers(...answers: readonly (HookAnswer | null)[]): void;
}

export async function hookPeer(): Promise<HookPeer> {
  const seen: Hooked[] = [];
  const planned: (HookAnswer | null)[] = [];
  const peer = await httpPeer((request: IncomingMessage, response, body) => {
    const isHeld = () => !response.writableEnded && !response.destroyed;
    seen.push({ path: request.url ?? '', headers: request.headers, body, isHeld });
    const answer = planned.length === 0 ? ([204] as const) : planned.shift();
    if (answer === null || answer === undefined) return;
    response.writeHead(answer[0], answer[1]).end();
  });
  return { ...peer, seen, answers: (...answers) => void planned.push(...answers) };
}

/**
 * The message, after its signature was checked.
 * @throws WebhookVerificationError
 */
export function verified({ headers, body }: Hooked, secret: string): CallbackBody {
  const plain = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, String(value)]),
  );
  return new Webhook(secret).verify(body, plain) as CallbackBody;
}

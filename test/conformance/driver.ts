import type { ServerResponse } from 'node:http';
import * as z from 'zod';
import { httpPeer } from '../support/peers.ts';
import { startProduct, type Product } from '../support/product.ts';
import { play } from './play.ts';
import { answerAsModel } from './scripted-model.ts';
import type { Requirements } from './suite.ts';
import { turns } from './turns.ts';

/** What plays the scenarios that the suite starts. */
export interface Driver {
  /** Where the suite's clients hand in the scenarios of a revision. */
  urlFor(requirements: Requirements): string;
  /** What happened in a scenario, in few words each; the last is how its run ended. */
  happened(requirements: Requirements, scenario: string): readonly string[];
  stop(): Promise<void>;
}

/** Runs at one time: the suite starts all its scenarios together. */
const AT_ONCE = 3;

/** The suite's own name of a client id metadata document, which nobody reads. */
const CLIENT_METADATA_URL = 'https://conformance-test.local/client-metadata.json';

const HANDED_IN = z.object({
  scenario: z.string(),
  serverUrl: z.url(),
  context: z.object({
    toolCalls: z
      .array(z.object({ name: z.string(), arguments: z.record(z.string(), z.json()) }))
      .default([]),
    issuer: z.string().optional(),
    client_id: z.string().optional(),
    client_secret: z.string().optional(),
  }),
});
type HandedIn = z.infer<typeof HANDED_IN>;

/** Starts the product, and the model that it asks. */
export async function startDriver(): Promise<Driver> {
  const inTurn = turns(AT_ONCE);
  const log = new Map<string, readonly string[]>();
  const peer = await httpPeer((request, response, body) => {
    if (request.url === '/v1/chat/completions') return answerAsModel(response, body);
    const [, revision = '', scored = ''] = (request.url ?? '').split('/');
    const handedIn = HANDED_IN.parse(JSON.parse(body));
    // Extensions of the protocol are run by the suite too, and count for nothing.
    if (!scored.split(',').map(decodeURIComponent).includes(handedIn.scenario)) {
      return ended(response, ['not scored, not played']);
    }
    return inTurn(async () => {
      const lines = await played(handedIn, settings, product);
      log.set(`${revision} ${handedIn.scenario}`, lines);
      ended(response, lines);
    });
  });
  const settings = {
    OPENAI_BASE_URL: `${peer.origin}/v1`,
    DEFAULT_MODEL: 'scripted',
    EGRESS_ALLOW: 'localhost:*',
    CLIENT_METADATA_URL,
    ELICITATION_ANSWERS: 'accept',
  };
  const product = await startProduct(settings);
  return {
    urlFor: ({ revision, scored }) =>
      `${peer.origin}/${revision}/${scored.map(encodeURIComponent).join(',')}`,
    happened: ({ revision }, scenario) => log.get(`${revision} ${scenario}`) ?? ['not handed in'],
    stop: async () => {
      await product.stop();
      await peer.stop();
    },
  };
}

/** A product of its own where the scenario has a client that was registered by hand. */
async function played(
  { serverUrl, context }: HandedIn,
  settings: Readonly<Record<string, string>>,
  product: Product,
): Promise<readonly string[]> {
  const { toolCalls, issuer, client_id, client_secret } = context;
  const scene = { serverUrl, toolCalls };
  if (issuer === undefined) return said(play({ ...scene, origin: product.origin }));
  const LOGIN_CLIENTS = JSON.stringify([{ issuer, client_id, client_secret }]);
  const own = await startProduct({ ...settings, LOGIN_CLIENTS });
  return said(play({ ...scene, origin: own.origin })).finally(() => own.stop());
}

/** What went wrong in the driver is a part of what happened. */
function said(playing: Promise<readonly string[]>): Promise<readonly string[]> {
  return playing.catch((error: unknown) => [error instanceof Error ? error.message : 'failed']);
}

function ended(response: ServerResponse, lines: readonly string[]): void {
  response.writeHead(200, { 'content-type': 'text/plain' }).end(lines.join('\n'));
}

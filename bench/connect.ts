/** How long it takes until the tools of five far servers are known, beside the round trips needed. */
import type { ServerMemory } from '../src/execute/ports.ts';
import { serverMemory } from '../src/execute/servers/server-memory.ts';
import { toolServers } from '../src/execute/servers/tool-servers.ts';
import { server } from '../test/support/engine.ts';
import { rpc } from './loop.ts';
import { paired, type Row } from './measure.ts';
import { mcpPeer, type McpPeerOptions, type Peer } from './peers.ts';

interface Scene {
  readonly what: string;
  readonly peer: McpPeerOptions;
  /** Whether what was found out at the connection before is known. */
  readonly isKnown: boolean;
  /** What has to be said one after the other, until the tools are known or one is called. */
  readonly least: readonly string[];
}

const SCENES: readonly Scene[] = [
  {
    what: 'stateless',
    peer: { era: 'stateless' },
    isKnown: false,
    least: ['server/discover', 'tools/list'],
  },
  {
    what: 'handshake',
    peer: { era: 'handshake' },
    isKnown: false,
    least: ['initialize', 'notifications/initialized', 'tools/list'],
  },
  {
    what: 'stateless, met before',
    peer: { era: 'stateless' },
    isKnown: true,
    least: ['tools/list'],
  },
  {
    what: 'handshake, met before',
    peer: { era: 'handshake' },
    isKnown: true,
    least: ['initialize', 'notifications/initialized', 'tools/list'],
  },
  {
    what: 'tools kept, and a call',
    peer: { era: 'stateless', ttlMs: 60_000 },
    isKnown: true,
    least: ['tools/call'],
  },
];

/** All rows about connections to servers that are 50 ms away. */
export async function connectRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const scene of SCENES) rows.push(await row(scene));
  return rows;
}

async function row({ what, peer: options, isKnown, least }: Scene): Promise<Row> {
  const peers = await Promise.all(
    Array.from({ length: 5 }, () => mcpPeer({ ...options, roundTrip: 50 })),
  );
  const memory = isKnown ? serverMemory() : undefined;
  const call = least.includes('tools/call');
  try {
    const measured = await paired(
      9,
      () => all(peers, (peer) => said(peer, least)),
      () => all(peers, (peer) => connected(peer, memory, call)),
    );
    return {
      what: `connect, five servers 50 ms away: ${what}`,
      ...measured,
      goal: '≤ floor + 15 ms',
    };
  } finally {
    await all(peers, (peer) => peer.close());
  }
}

async function all(peers: Peer[], work: (peer: Peer) => Promise<void>): Promise<void> {
  await Promise.all(peers.map(work));
}

async function said(peer: Peer, methods: readonly string[]): Promise<void> {
  for (const method of methods) await rpc(peer, method, {});
}

async function connected(
  peer: Peer,
  memory: ServerMemory | undefined,
  call: boolean,
): Promise<void> {
  const servers = toolServers({
    fetch,
    own: async () => null,
    secrets: () => null,
    ...(memory === undefined ? {} : { memory }),
  });
  const { signal } = new AbortController();
  const connection = await servers.connect(server('far', { url: `${peer.origin}/mcp` }), signal);
  if (call) await connection.call('wait', {}, { signal });
  await connection.close();
}

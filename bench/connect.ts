/** How long it takes until the tools of five far servers are known, beside the round trips needed. */
import { toolServers } from '../src/execute/servers/tool-servers.ts';
import { server } from '../test/support/engine.ts';
import { rpc } from './loop.ts';
import { paired, type Row } from './measure.ts';
import { mcpPeer, type Peer } from './peers.ts';

const ROUND_TRIP_MS = 50;

/** What a client must have said one after the other before it knows the tools. */
const LEAST = {
  stateless: ['server/discover', 'tools/list'],
  handshake: ['initialize', 'notifications/initialized', 'tools/list'],
} as const;

/** All rows about cold connections. */
export async function connectRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const era of ['stateless', 'handshake'] as const) {
    const peers = await Promise.all(
      Array.from({ length: 5 }, () => mcpPeer({ roundTrip: ROUND_TRIP_MS, era })),
    );
    try {
      const measured = await paired(
        9,
        () => all(peers, (peer) => said(peer, LEAST[era])),
        () => all(peers, connected),
      );
      rows.push({
        what: `cold connect, five servers ${ROUND_TRIP_MS} ms away, ${era}`,
        ...measured,
        goal: '≤ floor + 15 ms',
      });
    } finally {
      await all(peers, (peer) => peer.close());
    }
  }
  return rows;
}

async function all(peers: Peer[], work: (peer: Peer) => Promise<void>): Promise<void> {
  await Promise.all(peers.map(work));
}

async function said(peer: Peer, methods: readonly string[]): Promise<void> {
  for (const method of methods) await rpc(peer, method, {});
}

async function connected(peer: Peer): Promise<void> {
  const servers = toolServers({ fetch, own: async () => null, secrets: () => null });
  const { signal } = new AbortController();
  const connection = await servers.connect(server('far', { url: `${peer.origin}/mcp` }), signal);
  await connection.close();
}

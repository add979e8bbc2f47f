/** What stands in front of a local server that others reach: its requests come under another name. */
import { request } from 'node:http';

import { httpPeer, type Peer } from './peers.ts';

/** A tunnel on a port of loopback; where it leads is said when that is known. */
export interface Tunnel extends Peer {
  leadsTo(origin: string): void;
}

/** Opens a tunnel that leads nowhere yet. */
export async function tunnel(): Promise<Tunnel> {
  let target = '';
  const peer = await httpPeer(({ method, url, headers }, response, body) => {
    const sent = request(target + String(url), { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    sent.on('error', () => response.destroy());
    sent.end(body);
  });
  return { ...peer, leadsTo: (origin) => (target = origin) };
}

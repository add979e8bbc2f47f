import type { ToolServer } from '../normalize/request.ts';
import type { Connection, ToolServers } from './ports.ts';
import { toolHash } from './servers/tool-hash.ts';

/**
 * The open connections of one run in this process. After a crash they are opened again when a call
 * needs them.
 */
export class Connections {
  readonly #servers: ToolServers;
  readonly #open = new Map<string, Promise<Connection>>();
  /** No longer used for anything new; calls that are on their way in them may still answer. */
  readonly #forgotten: Promise<Connection>[] = [];
  /** What was found out about the tools of an open connection; it does not change while it is open. */
  readonly #hashes = new WeakMap<Connection, Map<string, Promise<string>>>();

  constructor(servers: ToolServers) {
    this.#servers = servers;
  }

  /** The connection to a server, opened at most once at a time; a failed one may be tried again. */
  to(server: ToolServer, signal: AbortSignal): Promise<Connection> {
    const known = this.#open.get(server.label);
    if (known !== undefined) return known;
    const opening = this.#connect(server, signal);
    this.#open.set(server.label, opening);
    opening.catch(() => {
      if (this.#open.get(server.label) === opening) this.#open.delete(server.label);
    });
    return opening;
  }

  /** The next use of the server connects anew, with whatever login there is then. */
  forget(label: string): void {
    const open = this.#open.get(label);
    if (open === undefined) return;
    this.#open.delete(label);
    this.#forgotten.push(open);
  }

  /** The hash of a tool as this connection has it, or null when it has no such tool. */
  async hashOf(connection: Connection, name: string): Promise<string | null> {
    const tool = connection.tools.find((other) => other.name === name);
    if (tool === undefined) return null;
    const known = this.#hashes.get(connection) ?? new Map<string, Promise<string>>();
    this.#hashes.set(connection, known);
    const hash = known.get(name) ?? toolHash(tool);
    known.set(name, hash);
    return hash;
  }

  /** The signal ends only the opening: an open connection serves calls of other commands too. */
  async #connect(server: ToolServer, signal: AbortSignal): Promise<Connection> {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      signal.throwIfAborted();
      return await this.#servers.connect(server, controller.signal);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Closes all; what fails to close is gone anyway. */
  async close(): Promise<void> {
    const all = [...this.#open.values(), ...this.#forgotten.splice(0)];
    const closing = all.map(async (opening) => (await opening).close());
    this.#open.clear();
    await Promise.allSettled(closing);
  }
}

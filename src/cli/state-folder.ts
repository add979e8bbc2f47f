import { lstat, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

import type { Environment } from './environment.ts';
import { checkPrivate } from './private-file.ts';

/**
 * Where the command line keeps logins: `MDOPS_HOME`, else `mdops` in `XDG_DATA_HOME`, else in the
 * place that the platform has for it.
 * @see spec/cli.md, Where logins are kept
 */
export function statePath(
  env: Environment,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  const { MDOPS_HOME: own = '', XDG_DATA_HOME: xdg = '', LOCALAPPDATA: local = '' } = env;
  if (own !== '') return own;
  // A relative one is to be ignored, says the XDG Base Directory Specification.
  if (isAbsolute(xdg)) return join(xdg, 'mdops');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'mdops');
  if (platform === 'win32')
    return join(local === '' ? join(home, 'AppData', 'Local') : local, 'mdops');
  return join(home, '.local', 'share', 'mdops');
}

/** A folder that only its owner may enter; made when something is first kept in it. */
export class StateFolder {
  readonly path: string;
  readonly #above: StateFolder | null;

  /** @param above another such folder that this one is in */
  constructor(path: string, above: StateFolder | null = null) {
    this.path = path;
    this.#above = above;
  }

  /**
   * Whether the folder is there.
   * @throws UsageError when it is a link, of somebody else, or open to others
   */
  async exists(): Promise<boolean> {
    if (this.#above !== null && !(await this.#above.exists())) return false;
    const found = await lstat(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (found !== null) checkPrivate(this.path, found, 'folder');
    return found !== null;
  }

  /**
   * The path of a file in the folder, which is made with everything above it.
   * @throws UsageError as {@link exists}
   */
  async file(name: string): Promise<string> {
    if (!(await this.exists())) {
      await mkdir(this.path, { recursive: true, mode: 0o700 });
      // Somebody else may have made it first, in a place where others may write.
      await this.exists();
    }
    return join(this.path, name);
  }

  /** A folder in this one. */
  folder(name: string): StateFolder {
    return new StateFolder(join(this.path, name), this);
  }
}

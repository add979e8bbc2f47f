import { spawn } from 'node:child_process';

/**
 * The program that opens an address in the browser, and its arguments. Never a shell: an address
 * that a server wrote would be a command line there. `start` of Windows is one, so it is not used.
 */
export function browserCommand(
  url: string,
  platform: NodeJS.Platform,
): readonly [string, string[]] {
  switch (platform) {
    case 'darwin':
      return ['open', [url]];
    case 'win32':
      return ['rundll32', ['url.dll,FileProtocolHandler', url]];
    default:
      return ['xdg-open', [url]];
  }
}

/**
 * Opens an address in the browser of this machine.
 * @returns whether a program for it could be started
 */
export async function openBrowser(url: string): Promise<boolean> {
  // Anything else could start a program of this machine, or be taken for an option.
  if (!/^https?:\/\//.test(url)) return false;
  const [program, args] = browserCommand(new URL(url).href, process.platform);
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'ignore', detached: true });
    child.once('error', () => {
      resolve(false);
    });
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

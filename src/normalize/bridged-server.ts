import { isObject } from '../protocol/json.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The server behind a local program that does nothing but call it: `npx mcp-remote URL --header
 * "Name: value"`, as clients are set up that know local programs alone. What it would read from its
 * `env` is put in.
 *
 * @returns the entry with the URL and headers of that server; any other entry as it is
 * @see spec/prompt-format.md TOOL-14
 */
export function withoutBridge(entry: Fields): Fields {
  const { args, env, command: _command, type: _type, ...rest } = entry;
  const words: readonly unknown[] = Array.isArray(args) ? args : [];
  const bridge = words.findIndex(
    (word) => typeof word === 'string' && /^mcp-remote(?:@|$)/.test(word),
  );
  const url = words[bridge + 1];
  // What it would hide of that server must not come to be seen by losing it.
  if (words.some((word) => typeof word === 'string' && word.startsWith('--ignore-tool'))) {
    return entry;
  }
  if (bridge === -1 || typeof url !== 'string' || !/^https?:/.test(url)) {
    return entry;
  }
  const headers = words.flatMap((word, index) =>
    words[index - 1] === '--header' && typeof word === 'string' ? [headerOf(word, env)] : [],
  );
  return { ...rest, url, headers: Object.fromEntries(headers) };
}

function headerOf(written: string, env: unknown): [string, string] {
  const [name = '', ...rest] = written.split(':');
  const value = rest.join(':').trim();
  const known = isObject(env) ? env : {};
  const read = value.replace(/\$\{(\w{1,100})\}/g, (whole, key: string) => {
    const found = Object.hasOwn(known, key) ? known[key] : undefined;
    return typeof found === 'string' ? found : whole;
  });
  return [name, read];
}

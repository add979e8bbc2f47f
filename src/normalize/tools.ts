import { isObject } from '../protocol/json.ts';
import type { Settings } from './given.ts';
import { nameList, shortName } from './name-list.ts';
import type { Place } from './placed-problems.ts';
import { addressEntry, type EntryContext, objectEntry, type ServerEntry } from './tool-entry.ts';
import { words } from './words.ts';

type Path = readonly (string | number)[];

/** `write: false`, as opencode switches a function off. */
interface SwitchedOff {
  readonly name: string;
  readonly place: Place;
  readonly path: Path;
}

/** Reads all that was given under `tools`, and collects the names that are no servers. */
class ToolReader {
  readonly servers: ServerEntry[] = [];
  /** Names of other tools' built-in functions. */
  readonly builtIns: string[] = [];
  /** Names that are switched off. */
  readonly off: SwitchedOff[] = [];
  readonly #context: EntryContext;

  constructor(context: EntryContext) {
    this.#context = context;
  }

  read(value: unknown, path: Path = []): void {
    if (typeof value === 'string') {
      this.#readText(value, path);
    } else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        this.#readItem(item, [...path, index]);
      }
    } else if (isObject(value)) {
      this.#readMap(value, path);
    } else {
      this.#wrong(path);
    }
  }

  #readItem(item: unknown, path: Path): void {
    if (typeof item === 'string') {
      this.#readText(item, path);
    } else if (isObject(item)) {
      this.#readMap(item, path);
    } else {
      this.#wrong(path);
    }
  }

  #wrong(path: Path): void {
    const { settings, place } = this.#context;
    settings.wrong(place, 'must be addresses of tool servers', path);
  }

  #readText(text: string, path: Path): void {
    for (const word of words(text)) {
      const entry = addressEntry(word, this.#context, path);
      if (entry !== null) {
        this.servers.push(entry);
      } else if (/^[a-z][a-z\d+.-]*:\/\//i.test(word) || word.startsWith('/')) {
        const { settings, place } = this.#context;
        const message = `${word.slice(0, 200)} is no address of a tool server. Write its URL, or /demo/mcp.`;
        settings.report('error', 'invalid_server', message, settings.position(place, path));
      } else {
        this.builtIns.push(word);
      }
    }
  }

  /** One server written as a map, or a map from label to server. */
  #readMap(value: Readonly<Record<string, unknown>>, path: Path): void {
    if (isBuiltInObject(value)) {
      const { name, type } = value;
      this.builtIns.push(String(typeof name === 'string' ? name : type));
      return;
    }
    if (isServerObject(value)) {
      this.#push(objectEntry(value, this.#context, path));
      return;
    }
    for (const [key, item] of Object.entries(value)) {
      const inside = [...path, key];
      const entry = typeof item === 'string' ? addressEntry(item, this.#context, inside) : null;
      if (entry !== null) {
        this.servers.push({ ...entry, label: key });
      } else if (isObject(item) && (isServerObject(item) || this.#wantsServers())) {
        this.#push(objectEntry(item, this.#context, inside, key));
      } else if (item === false) {
        this.off.push({ name: key, place: this.#context.place, path: inside });
      } else {
        this.builtIns.push(key);
      }
    }
  }

  /** Under `mcp-servers` every entry is meant as a server; under `tools` it may be a built-in. */
  #wantsServers(): boolean {
    return !/tools$/i.test(this.#context.place.label);
  }

  #push(entry: ServerEntry | null): void {
    if (entry !== null) {
      this.servers.push(entry);
    }
  }
}

/** Whether a map describes one server. */
function isServerObject(value: Readonly<Record<string, unknown>>): boolean {
  const hasAddress = ['server_url', 'serverUrl', 'url', 'command', 'container'].some(
    (key) => typeof value[key] === 'string',
  );
  return hasAddress || typeof value['type'] === 'string';
}

/** `{type: function}` and the hosted tools of model providers. */
function isBuiltInObject(value: Readonly<Record<string, unknown>>): boolean {
  const type = value['type'];
  return (
    typeof type === 'string' &&
    /^(?:function|custom|web_search|file_search|code_interpreter|computer|image_generation|local_shell|shell)/.test(
      type,
    )
  );
}

/**
 * The servers of the request's or the frontmatter's `tools`. Names that are no addresses are
 * built-in functions of other tools: all of them together give one warning.
 *
 * Reports `builtin_tools`, `stdio_server`, `invalid_server`, `invalid_header`, `literal_secret`.
 * @see spec/prompt-format.md TOOL
 */
export function readTools(settings: Settings, ownOrigins: readonly string[]): ServerEntry[] {
  const given = settings.given('tools');
  const readers = given.map(({ value, place }) => {
    const reader = new ToolReader({ settings, place, ownOrigins });
    reader.read(value);
    return reader;
  });
  const named = namedTools(readers.flatMap((reader) => reader.builtIns));
  const servers = readers
    .flatMap((reader) => reader.servers)
    .map((entry) => onlyNamed(entry, named.get(entry.label ?? '')));
  const labels = new Set(servers.map(({ label }) => label));
  const builtIns = [...named].flatMap(([label, tools]) =>
    labels.has(label) ? [] : [...tools.keys()],
  );
  const off = readers.flatMap((reader) => reader.off);
  builtIns.push(...refusedOff(settings, off, labels));
  const first = given[0];
  if (first !== undefined && builtIns.length > 0) {
    const names = nameList(builtIns, 30);
    const message = `Not tool servers, but names of functions that other tools have built in; they are ignored: ${names}.`;
    settings.report('warning', 'builtin_tools', message, settings.position(first.place));
  }
  return servers;
}

/**
 * Names of tools by the label of the server they name, each as it is written → its own name:
 * `tickets/search` and `mcp__tickets__search` name one of the server `tickets`, `tickets/*` and
 * `mcp__tickets` all. Those of no server are under their whole name; `*` alone says nothing.
 */
function namedTools(names: readonly string[]): Map<string, Map<string, string>> {
  const found = new Map<string, Map<string, string>>();
  for (const name of names.filter((written) => written !== '*')) {
    const { label, tool } = namedTool(name);
    const tools = found.get(label) ?? new Map<string, string>();
    found.set(label, tools.set(name, tool));
  }
  return found;
}

function namedTool(name: string): { label: string; tool: string } {
  if (name.startsWith('mcp__')) {
    const [, label = '', ...rest] = name.split('__');
    return { label, tool: rest.length === 0 ? '*' : rest.join('__') };
  }
  const [label = '', tool = '*', ...more] = name.split('/');
  return more.length === 0 ? { label, tool } : { label: name, tool: '*' };
}

/** Reports what is switched off though it is of a server; gives what may be of one that is not here. */
function refusedOff(
  settings: Settings,
  off: readonly SwitchedOff[],
  labels: ReadonlySet<string | undefined>,
): string[] {
  const others: string[] = [];
  for (const { name, place, path } of off) {
    if (namesServer(name, labels)) {
      const message = `has ${shortName(name)}: false, which switches off no tool of a server; disallowed_tools does`;
      settings.wrong(place, message, path);
    } else if (/^mcp__|\//.test(name)) {
      others.push(name);
    }
  }
  return others;
}

/**
 * Whether a name that is switched off is that of a server here, or of tools of one, in the words of
 * whatever tool. Other functions are not missing here; these would go on being called.
 */
function namesServer(name: string, labels: ReadonlySet<string | undefined>): boolean {
  const near = [...labels].some(
    (label) => label !== undefined && [`${label}_`, `${label}*`].some((by) => name.startsWith(by)),
  );
  return near || labels.has(namedTool(name).label) || (name === '*' && labels.size > 0);
}

/** A server with the tools that a list beside it names, where its own entry does not say which. */
function onlyNamed(entry: ServerEntry, named?: ReadonlyMap<string, string>): ServerEntry {
  const tools = [...(named?.values() ?? [])];
  const isOpen = entry.allowed_tools === undefined || entry.allowed_tools.includes('*');
  return tools.length === 0 || tools.includes('*') || !isOpen
    ? entry
    : { ...entry, allowed_tools: [...new Set(tools)] };
}

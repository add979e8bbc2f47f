import { Fault } from '../../fault/fault.ts';
import { nestsDeeperThan } from '../../protocol/json-depth.ts';
import { isObject } from '../../protocol/json.ts';
import { limitFault } from './server-faults.ts';
import type { ServerLimits } from './server-limits.ts';

/** UTF-16 code units of a name of a server that is repeated. */
const MAX_NAME = 64;

/**
 * The tools of one server that cannot be used, each with why: one of them must not hide the others.
 * @see spec/tool-servers.md TS-5
 */
export class LeftOutTools {
  readonly #limits: ServerLimits;
  readonly #host: string;
  readonly #faults = new Map<string, Fault>();
  readonly #taken = new Set<string>();

  constructor(limits: ServerLimits, host: string) {
    this.#limits = limits;
    this.#host = host;
  }

  /** Why each of them is left out: `server_garbage` or `server_limit`, by its name. */
  get faults(): ReadonlyMap<string, Fault> {
    return this.#faults;
  }

  /** Whether a tool, as it was listed, can be used; one that cannot is left out. */
  takes(tool: unknown): boolean {
    const name = isObject(tool) ? tool['name'] : null;
    if (!isObject(tool) || typeof name !== 'string') {
      this.#leave('(no name)', this.#garbage('A tool', 'has no name'));
      return false;
    }
    const why = this.#unusable(tool, this.#named(name));
    if (why === null) this.#taken.add(name);
    else this.#leave(name, why);
    return why === null;
  }

  /** The SDK leaves out what it cannot send (SEP-2243), and tells nobody but the console. */
  missing(listed: ReadonlyMap<string, unknown>): void {
    for (const name of this.#taken) {
      if (listed.has(name)) continue;
      const what = 'wants an argument in a header that cannot be one';
      this.#leave(name, this.#garbage(`The ${this.#named(name)}`, what));
    }
  }

  #unusable(tool: Readonly<Record<string, unknown>>, called: string): Fault | null {
    const { inputSchema } = tool;
    const { schemaDepth, toolLength } = this.#limits;
    if (nestsDeeperThan([inputSchema], schemaDepth + 1)) {
      return limitFault(`The schema of the ${called} of ${this.#host} is nested too deep.`);
    }
    if (!describesArguments(inputSchema)) {
      return this.#garbage(`The ${called}`, 'has an input schema that is none');
    }
    if (JSON.stringify(tool).length <= toolLength) return null;
    return limitFault(`The ${called} of ${this.#host} is described at too great a length.`);
  }

  #leave(name: string, fault: Fault): void {
    // A server that lists without end ends as one; until then not each of its tools is remembered.
    if (this.#faults.size <= this.#limits.tools) this.#faults.set(name, fault);
  }

  #named(name: string): string {
    return `tool ${name.slice(0, MAX_NAME)}`;
  }

  #garbage(called: string, what: string): Fault {
    return new Fault('server_garbage', `${called} of ${this.#host} ${what}.`);
  }
}

/** What MCP and the SDK want of an input schema; no more of it is looked at (TS-16). */
function describesArguments(schema: unknown): boolean {
  if (!isObject(schema) || schema['type'] !== 'object') return false;
  const { $schema, properties, required } = schema;
  const isList = Array.isArray(required) && required.every((name) => typeof name === 'string');
  return (
    ($schema === undefined || typeof $schema === 'string') &&
    (properties === undefined || isObject(properties)) &&
    (required === undefined || isList)
  );
}

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NO_HOME = join(tmpdir(), `mdops-no-home-${process.pid}`);

const ENTRY = fileURLToPath(new URL('../../src/cli/mdops.ts', import.meta.url));

/** What a command line left behind. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface MdopsOptions {
  readonly stdin?: string | Uint8Array;
  /** All variables but PATH: what the machine has set must not change a test. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Leaves standard input open for {@link Mdops.types}. */
  readonly isTyping?: boolean;
  /** Options of Node itself. */
  readonly node?: readonly string[];
}

/** The real command line as a process of its own. */
export class Mdops {
  readonly process: ChildProcess;
  #stdout = '';
  #stderr = '';
  /** Whether it has ended and everything that it said is here, which comes after its exit. */
  #isOver = false;
  readonly #finished: Promise<Finished>;

  constructor(args: readonly string[], options: MdopsOptions = {}) {
    const { stdin, env, cwd, isTyping = false, node = [] } = options;
    this.process = spawn(process.execPath, [...node, ENTRY, ...args], {
      cwd,
      // A home of its own: no test may read or write the logins of whoever runs it.
      env: { PATH: process.env['PATH'], MDOPS_HOME: NO_HOME, ...env },
      stdio: 'pipe',
    });
    this.process.stdout?.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()));
    this.process.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.process.stdin?.on('error', () => undefined);
    if (!isTyping) this.process.stdin?.end(stdin ?? '');
    this.#finished = new Promise((resolve, reject) => {
      this.process.on('error', reject);
      this.process.on('close', (code) => {
        this.#isOver = true;
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  finished(): Promise<Finished> {
    return this.#finished;
  }

  /** Writes a line to standard input. */
  types(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  /** What stands on standard error so far. */
  said(): string {
    return this.#stderr;
  }

  /** Resolves with what matches on standard error. */
  async asks(wanted: RegExp): Promise<string> {
    for (;;) {
      const found = wanted.exec(this.#stderr)?.[0];
      if (found !== undefined) return found;
      if (this.#isOver) {
        throw new Error(`It ended without ${wanted}: ${this.#stdout}${this.#stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Resolves when standard output holds the text. */
  async says(text: string): Promise<void> {
    while (!this.#stdout.includes(text)) {
      if (this.#isOver) {
        throw new Error(`It ended without "${text}": ${this.#stdout}${this.#stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Runs a command line to its end. */
export function mdops(args: readonly string[], options?: MdopsOptions): Promise<Finished> {
  return new Mdops(args, options).finished();
}

/** A temporary folder with these files; removed by `[Symbol.asyncDispose]`. */
export async function folder(
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'mdops-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

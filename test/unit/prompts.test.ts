import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { demoMcp } from '../../src/demo/demo-mcp.ts';
import { demoModel } from '../../src/demo/demo-model.ts';
import { MemoryLog } from '../../src/execute/memory-log.ts';
import { references } from '../../src/execute/references/references.ts';
import { systemClock } from '../../src/execute/system-clock.ts';
import { toolServers } from '../../src/execute/servers/tool-servers.ts';
import { Fault } from '../../src/fault/fault.ts';
import { normalizePrompt } from '../../src/normalize/normalize-prompt.ts';
import { parsePrompt } from '../../src/parse/parse-prompt.ts';
import { outputOf } from '../../src/run/output.ts';
import { runToEnd } from '../support/engine.ts';

const folder = new URL('../../prompts/', import.meta.url);
const files = readdirSync(folder);

/** Nothing but the built-in servers can be reached here. */
const offline = async (): Promise<Response> => {
  throw new Fault('server_unreachable');
};

function read(file: string) {
  const document = parsePrompt(readFileSync(new URL(file, folder), 'utf8'), { path: file });
  return normalizePrompt(document, {
    providers: [{ id: 'demo', defaultModel: 'demo', models: ['demo'] }],
  });
}

describe('prompts/', () => {
  it('holds six or more', () => {
    expect(files.length).toBeGreaterThanOrEqual(6);
  });

  it.each(files)('%s has no problem and runs with the demo model, offline', async (file) => {
    const { request, problems } = read(file);
    expect(problems.filter(({ severity }) => severity !== 'info')).toEqual([]);
    if (request === null) throw new Error('no request');
    const log = new MemoryLog(() => Date.now());
    const start = { version: 1, id: 'test', prompt: '', problems, expires_at: null } as const;
    log.append([{ type: 'run-start', request, ...start }]);
    const run = await runToEnd({
      log,
      clock: systemClock(0),
      model: demoModel({ delayMs: 0 }),
      references: references({ fetch: offline }),
      servers: toolServers({
        fetch: offline,
        own: async (path, inner) => (path === '/demo/mcp' ? demoMcp(inner) : null),
        secrets: () => null,
      }),
    });
    expect(run.error).toBeNull();
    expect(run.status).toBe('completed');
    expect(outputOf(run)).toMatch(/demo model/i);
    // A prompt that names tools is answered with them.
    expect(run.steps.flatMap(({ calls }) => calls).length > 0).toBe(request.servers.length > 0);
    expect(
      run.steps.flatMap(({ calls }) => calls).filter(({ result }) => result?.is_error),
    ).toEqual([]);
  });
});

import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

/** What must behave the same in Node and in the Worker's runtime: the format, the engine, the doors' words. */
const RUN_IN_BOTH = [
  'test/unit/execute/{execute-run,waiting}.test.ts',
  'test/unit/execute/references/{readable-html,section}.test.ts',
  'test/unit/execute/servers/{mcp-content,tool-hash}.test.ts',
  'test/unit/login/{challenge,sealed,stranger-url}.test.ts',
  'test/unit/run/*.test.ts',
  'test/unit/normalize/{explain,settings,templates}.test.ts',
  'test/unit/parse/{properties,source}.test.ts',
  'test/unit/demo/demo-model.test.ts',
  'test/unit/protocol/sse.test.ts',
  'test/unit/publish/{iso-time,negotiate,render-editor}.test.ts',
];

/**
 * How long `expect.poll` waits where a test does not say it. The second that is usual fails on a machine
 * that is busy; who waits for what comes loses nothing by more.
 */
const PATIENT = { poll: { timeout: 15_000 } };
/** A file of the Worker's runtime imports what it needs first while its first run goes on. */
const MORE_PATIENT = { poll: { timeout: 45_000 } };

/**
 * Five groups: `unit` runs in Node, `workerd` inside the Worker's own runtime with real Durable
 * Objects, `server` starts the product as a person would and talks to it over loopback, `pages`
 * opens it in a real browser, `faults` kills and cuts it.
 */
export default defineConfig({
  test: {
    globalSetup: ['./test/support/page-files.ts'],
    reporters: ['default', './test/support/closing-line.ts'],
    // Most tests wait for servers and clocks: one file at a time would leave a small machine idle.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          expect: PATIENT,
          testTimeout: 60_000,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                ID_KEY: 'an-id-key-of-tests-that-is-long-enough',
                VAULT_KEY: 'a-vault-key-of-tests-that-is-long-enough',
                API_KEYS: 'alice:alice-key-0123456789,bob:bob-key-0123456789',
                PUBLIC_URL: 'https://prompts.example',
              },
            },
          }),
        ],
        test: {
          name: 'workerd',
          include: ['test/workerd/**/*.test.ts', ...RUN_IN_BOTH],
          expect: MORE_PATIENT,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'server',
          include: ['test/server/**/*.test.ts'],
          expect: PATIENT,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'pages',
          include: ['test/pages/**/*.test.ts'],
          expect: PATIENT,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          expect: PATIENT,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});

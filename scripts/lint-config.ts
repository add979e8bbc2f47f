/**
 * Writes `.oxlintrc.json`: the general rules, and for every folder of `src` the folders that it
 * may not import, from the one layer table below (`spec/architecture.md` shows the same table;
 * a test compares them).
 */
import { writeFileSync } from 'node:fs';
import { argv } from 'node:process';

type Platform = 'none' | 'web' | 'cloudflare' | 'node';

interface Layer {
  readonly mayImport: readonly string[];
  readonly platform: Platform;
}

export const LAYERS: Readonly<Record<string, Layer>> = {
  fault: { mayImport: [], platform: 'none' },
  protocol: { mayImport: ['fault'], platform: 'none' },
  parse: { mayImport: [], platform: 'none' },
  normalize: { mayImport: ['parse', 'protocol'], platform: 'none' },
  run: { mayImport: ['normalize', 'parse', 'protocol', 'fault'], platform: 'none' },
  egress: { mayImport: ['protocol', 'fault'], platform: 'web' },
  login: { mayImport: ['protocol', 'fault'], platform: 'web' },
  node: { mayImport: ['egress', 'protocol', 'fault'], platform: 'node' },
  publish: { mayImport: ['run', 'normalize', 'parse', 'protocol', 'fault'], platform: 'none' },
  execute: {
    mayImport: ['run', 'normalize', 'parse', 'protocol', 'egress', 'login', 'fault'],
    platform: 'web',
  },
  connect: { mayImport: ['publish', 'login', 'fault'], platform: 'web' },
  completions: {
    mayImport: ['publish', 'run', 'normalize', 'parse', 'protocol', 'fault'],
    platform: 'none',
  },
  proxy: {
    mayImport: [
      'execute',
      'completions',
      'connect',
      'login',
      'egress',
      'publish',
      'run',
      'normalize',
      'parse',
      'protocol',
      'fault',
    ],
    platform: 'web',
  },
  'proxy-workerd': { mayImport: ['proxy', 'login'], platform: 'cloudflare' },
  demo: { mayImport: ['protocol', 'fault'], platform: 'web' },
  worker: {
    mayImport: [
      'fault',
      'protocol',
      'parse',
      'normalize',
      'run',
      'egress',
      'login',
      'publish',
      'execute',
      'connect',
      'completions',
      'proxy',
      'demo',
    ],
    platform: 'cloudflare',
  },
  cli: {
    mayImport: [
      'fault',
      'protocol',
      'parse',
      'normalize',
      'run',
      'egress',
      'login',
      'publish',
      'execute',
      'node',
      'demo',
    ],
    platform: 'node',
  },
};

/** Files directly in `src`: the doors that are one file. */
export const ENTRIES: Readonly<Record<string, Layer>> = {
  'index.ts': { mayImport: ['normalize', 'parse', 'protocol'], platform: 'none' },
  'proxy.ts': { mayImport: ['proxy', 'node', 'login'], platform: 'node' },
};

const IMPURE_GLOBALS = [
  'fetch',
  'Date',
  'console',
  'crypto',
  'process',
  'setTimeout',
  'setInterval',
];

function forbiddenModules(platform: Platform): string[] {
  switch (platform) {
    case 'none':
      return ['cloudflare:*', 'node:*', 'hono', 'hono/*', 'openai', 'openai/*'];
    case 'web':
      return ['cloudflare:*', 'node:*', 'hono', 'hono/*'];
    case 'cloudflare':
      return ['node:*'];
    case 'node':
      return ['cloudflare:*', 'hono', 'hono/*'];
  }
}

function forbiddenGlobals(folder: string, platform: Platform): string[] {
  if (platform === 'none') return IMPURE_GLOBALS;
  return folder === 'cli' ? ['fetch'] : ['fetch', 'console', 'process'];
}

/** @param name a folder of `src`, or a file directly in it */
function override(name: string, layer: Layer): object {
  const isFile = Object.hasOwn(ENTRIES, name);
  const others = Object.keys(LAYERS).filter(
    (other) => other !== name && !layer.mayImport.includes(other),
  );
  const patterns = [
    {
      group: forbiddenModules(layer.platform),
      message: `src/${name} does not know this platform.`,
    },
    ...(others.length === 0
      ? []
      : [
          {
            group: others.map((other) => `${isFile ? '.' : '..'}/${other}/**`),
            message: 'Imports point down the layers.',
          },
        ]),
  ];
  return {
    files: [isFile ? `src/${name}` : `src/${name}/**`],
    rules: {
      'no-restricted-globals': ['error', ...forbiddenGlobals(name, layer.platform)],
      'no-restricted-imports': ['error', { patterns }],
    },
  };
}

/** The whole configuration, as it is written. */
export function lintConfig(): string {
  const config = {
    $schema: './node_modules/oxlint/configuration_schema.json',
    plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise'],
    categories: { correctness: 'error', suspicious: 'error', perf: 'error' },
    options: { typeAware: true },
    rules: {
      complexity: ['error', 12],
      'import/no-cycle': 'error',
      'max-depth': ['error', 3],
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      'no-await-in-loop': 'off',
      // The compiler's noImplicitReturns knows exhaustive switches; this rule does not.
      'typescript/consistent-return': 'off',
      // State is copied on write here.
      'oxc/no-map-spread': 'off',
      'no-console': 'error',
      'typescript/no-explicit-any': 'error',
      'typescript/no-non-null-assertion': 'error',
      'typescript/no-unsafe-assignment': 'error',
      'typescript/no-unsafe-member-access': 'error',
      // A default may hand the rest of a union to the next function, which is exhaustive again.
      'typescript/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
    overrides: [
      ...Object.entries({ ...LAYERS, ...ENTRIES }).map(([name, layer]) => override(name, layer)),
      {
        // Scripts of pages: a browser is their platform.
        files: ['src/publish/page/**'],
        rules: { 'no-restricted-globals': 'off' },
      },
      {
        files: ['test/**', 'scripts/**', 'bench/**'],
        rules: {
          'max-lines-per-function': 'off',
          'max-lines': 'off',
          'no-console': 'off',
          'no-shadow': 'off',
          'unicorn/consistent-function-scoping': 'off',
          // Tests say what JSON they expect and then look at it.
          'typescript/no-unsafe-type-assertion': 'off',
          'typescript/require-array-sort-compare': 'off',
        },
      },
    ],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

if (argv[1] === import.meta.filename) {
  writeFileSync(new URL('../.oxlintrc.json', import.meta.url), lintConfig());
}

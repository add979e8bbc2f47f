/**
 * How YAML of others is read everywhere. `uniqueKeys` of the library is quadratic and names one
 * place only: whoever cares looks for doubles itself.
 */
export const YAML_OPTIONS = {
  version: '1.2',
  schema: 'core',
  uniqueKeys: false,
  merge: false,
  strict: true,
  prettyErrors: false,
  logLevel: 'silent',
} as const;

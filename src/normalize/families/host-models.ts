/** Names that mean a model only inside the tool that a file was written for. */
const ALIASES = new Set([
  'auto',
  'best',
  'default',
  'fable',
  'haiku',
  'inherit',
  'opus',
  'opusplan',
  'small',
  'large',
  'sonnet',
]);

/**
 * Whether a name is another tool's word for a model and not the name of one: `sonnet`, `inherit`,
 * `GPT-4.1 (copilot)`, `Claude Sonnet 4`, or a placeholder such as `${env:MODEL}` and `<your-deployment>`.
 *
 * Names of models at providers hold no blank; menus of editors show them with capitals.
 */
export function isHostModel(name: string): boolean {
  const plain = name.toLowerCase().replace(/\[1m\]$/, '');
  return ALIASES.has(plain) || /[\s${}<>]|^GPT-\d|^(?:github-copilot|opencode)\//.test(name);
}

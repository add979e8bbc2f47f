import type { SettingType } from './setting-type.ts';

/** One key of the frontmatter. */
export interface Setting {
  readonly key: string;
  /** Other names of the key, in snake_case; every name may also be in kebab-case or camelCase. */
  readonly aliases: readonly string[];
  readonly type: SettingType;
  /** What holds when nobody sets it, in words. */
  readonly default: string;
  /** One line for the documentation and for editors. */
  readonly meaning: string;
  /** The field of the model request it is sent as; also read under `config:` and `options:`. */
  readonly wire?: string;
}

const text = { kind: 'text' } as const;
const flag = { kind: 'flag' } as const;
const list = { kind: 'list' } as const;
const map = { kind: 'map' } as const;
const positive = { kind: 'integer', min: 1 } as const;

/**
 * All settings of a prompt, in the order of the documentation. Validation, JSON Schema, "did you
 * mean", the table of `spec/prompt-format.md` and the normalizer all read this one table.
 */
export const SETTINGS = [
  setting(
    'model',
    'Model to ask, or a list to try in order.',
    { kind: 'model' },
    { default: 'of the server' },
  ),
  setting('base_url', 'Provider by its id or URL, one that the server allows.', text, {
    default: 'first provider',
    aliases: ['base', 'provider'],
  }),
  setting('system', 'System message.', text, { aliases: ['instructions'] }),
  setting('name', 'Short name, shown on the page.', text),
  setting('title', 'Title of the page.', text),
  setting(
    'description',
    'What the prompt does; the description when it is offered as a tool.',
    text,
  ),
  setting('version', 'Version of the prompt.', text),
  setting('metadata', 'Anything to keep with the run.', map),
  setting('tools', 'Tool servers.', { kind: 'tools' }, { aliases: ['mcp', 'mcp_servers'] }),
  setting(
    'allowed_tools',
    'Only these tools of all servers; `*` is a wildcard.',
    { kind: 'tool_filter' },
    { default: 'all' },
  ),
  setting('disallowed_tools', 'Not these tools of any server; `*` is a wildcard.', list),
  wire('tool_choice', 'Whether the model must call a tool.', { kind: 'tool_choice' }),
  wire('parallel_tool_calls', 'Whether the model may call several tools at once.', flag),
  setting(
    'profile',
    "Which of the user's sets of logins is used.",
    { kind: 'text', pattern: '^[a-z0-9-]{1,32}$', like: '1 to 32 of a–z, 0–9 and -' },
    { default: '`default`' },
  ),
  setting(
    'input',
    'Declared variables with schema and defaults.',
    { kind: 'input' },
    { aliases: ['inputs', 'variables', 'parameters'] },
  ),
  setting(
    'output',
    'Format, schema and extraction of the answer.',
    { kind: 'output' },
    { default: '`markdown`', aliases: ['outputs'] },
  ),
  wire('temperature', 'Randomness.', { kind: 'number', min: 0, max: 2 }),
  wire('top_p', 'Share of probability that is sampled from.', { kind: 'number', min: 0, max: 1 }),
  wire('max_tokens', 'Longest answer of one step, in tokens.', positive, [
    'max_output_tokens',
    'max_completion_tokens',
  ]),
  wire('stop', 'Text that ends the answer; at most four.', { kind: 'list', max: 4 }, [
    'stop_sequences',
  ]),
  wire('seed', 'Seed for repeatable answers.', { kind: 'integer' }),
  wire('frequency_penalty', 'Against repeating words.', { kind: 'number', min: -2, max: 2 }),
  wire('presence_penalty', 'Against repeating subjects.', { kind: 'number', min: -2, max: 2 }),
  wire('logit_bias', 'Token id → bias from −100 to 100.', { kind: 'bias' }),
  wire('reasoning_effort', 'How much the model thinks.', {
    kind: 'choice',
    of: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'],
  }),
  wire('verbosity', 'How much the model writes.', {
    kind: 'choice',
    of: ['low', 'medium', 'high'],
  }),
  wire('service_tier', "The provider's class of service.", {
    kind: 'choice',
    of: ['auto', 'default', 'flex', 'priority', 'scale'],
  }),
  setting(
    'extra_body',
    'Merged into the model request as it is; not `model`, `messages`, `tools`, `stream`.',
    map,
  ),
  setting('store', 'Keep the run without limit, or 24 hours.', flag, {
    default: '`true`; `false` after a login',
  }),
  setting(
    'ttl',
    'Exact lifetime; wins over `store`.',
    { kind: 'duration', never: true },
    { default: '–' },
  ),
  setting(
    'publish',
    'What the public page shows.',
    { kind: 'choice', of: ['full', 'answer'] },
    { default: '`full`; `answer` after a login' },
  ),
  setting(
    'urls',
    'Which URLs of the text become context.',
    { kind: 'urls' },
    { default: '`mentions`' },
  ),
  setting('max_steps', 'Model steps of a run.', positive, {
    default: '20',
    aliases: ['max_turns'],
  }),
  setting('max_tool_calls', 'Tool calls of a run.', positive, { default: '64' }),
  setting('max_total_tokens', 'Tokens of all steps together.', positive, {
    default: 'of the server',
  }),
  setting('max_cost', 'US dollars.', { kind: 'number', min: 0 }, { default: 'of the server' }),
  setting('timeout', 'Seconds of a run, or `10m`.', { kind: 'duration' }, { default: '600' }),
  setting(
    'require_approval',
    'Which tool calls wait for the owner.',
    { kind: 'approval' },
    { default: '`never`' },
  ),
  setting(
    'on_auth',
    'What to do when a server wants a login.',
    { kind: 'choice', of: ['wait', 'link', 'fail'] },
    { default: '`wait`' },
  ),
  setting('callback', 'URL that is told how the run ends, and what it waits for.', {
    kind: 'callback',
  }),
  setting('strict', 'Warnings become errors.', flag, { default: '`false`' }),
] as const satisfies readonly Setting[];

/** Maps whose keys are those settings that have a wire field. */
export const CONFIG_KEYS: readonly string[] = ['config', 'options', 'model_parameters'];

/** Names that mean something later, so nothing else may take them. */
export const RESERVED_KEYS: readonly string[] = [
  'imports',
  'foreach',
  'schedule',
  'cache',
  'toolbox',
];

/** Keys of other tools' files; they are kept and named once, so that those files run here. */
export const FOREIGN_KEYS: readonly string[] = (
  'on permissions runs_on mode agent color handoffs hooks engine network safe_outputs license ' +
  'argument_hint user_invocable user_invokable invokable disable_model_invocation compatibility ' +
  'skills memory background effort isolation permission_mode context target infer globs ' +
  'always_apply apply_to category tags author authors sample template test_data evaluators ' +
  'return_tool_requests variant timeout_minutes steps if env concurrency roles source print ' +
  'model_config messages icon id kind type api response_format rules prompts docs models schema ' +
  'arguments argument args shell jobs stop_after tracker_id bots features runtimes services ' +
  'top_k min_p safety_settings container sandbox command slash_command github_token excluded_files exclude_agent date'
).split(' ');

function setting(
  key: string,
  meaning: string,
  type: SettingType,
  more: { readonly default?: string; readonly aliases?: readonly string[] } = {},
): Setting {
  return { key, aliases: [], type, default: 'none', meaning, ...more };
}

function wire(
  key: string,
  meaning: string,
  type: SettingType,
  aliases: readonly string[] = [],
): Setting {
  return { key, aliases, type, default: 'not sent', meaning, wire: key };
}

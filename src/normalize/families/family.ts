import { adoptBlocks, isContinueFile } from './continue-files.ts';
import { isHostModel } from './host-models.ts';
import type { Draft } from './draft.ts';
import { adoptMessagesSetting, hasMessages } from './github-models.ts';
import { adoptMinutes, adoptWorkflow, isWorkflow } from './gh-aw.ts';
import { reportEditorAsks, reportLocalAsks } from './local-asks.ts';
import { adoptSteps, isOpencode } from './opencode.ts';
import { adoptArguments, adoptAskedInputs, adoptPositions } from './placeholders.ts';
import { reportOtherTags } from './other-tags.ts';
import { adoptPrompty, isPrompty } from './prompty.ts';
import { adoptStackedUrls, hasBlocks } from './stacked-urls.ts';
import { adoptAllowedTools, adoptToolNames, hasClaudeTools, hasEditorTools } from './tool-names.ts';

/** A kind of prompt files that other tools read. */
export interface Family {
  readonly name: string;
  /** How its files are named, where that says it. */
  readonly path: RegExp;
  /** Whether settings or text say it; a document that is posted has no path. */
  readonly looks: (draft: Draft) => boolean;
  /** What puts it into the words of this format, in order. */
  readonly steps: readonly ((draft: Draft) => void)[];
}

const NEVER = (): boolean => false;

/**
 * The families, the most telling first: the first whose path fits is taken, else the first that a
 * document looks like.
 * @see spec/formats.md
 */
export const FAMILIES: readonly Family[] = [
  {
    name: 'github-models',
    path: /\.prompt\.ya?ml$/,
    looks: hasMessages,
    steps: [adoptMessagesSetting],
  },
  { name: 'prompty', path: /\.prompty$/, looks: isPrompty, steps: [reportOtherTags, adoptPrompty] },
  {
    name: 'gh-aw',
    path: /(?:^|\/)\.github\/workflows\/.*\.md$/,
    looks: isWorkflow,
    steps: [reportLocalAsks, adoptWorkflow],
  },
  {
    name: 'opencode',
    path: /(?:^|\/)\.?opencode\/(?:agents?|commands?|modes?)\//,
    looks: isOpencode,
    steps: [reportLocalAsks, adoptSteps, adoptArguments],
  },
  {
    name: 'vscode',
    path: /\.(?:prompt|agent|chatmode|instructions)\.md$|(?:^|\/)copilot-instructions\.md$/,
    looks: isEditorFile,
    steps: [reportEditorAsks, adoptToolNames, adoptAskedInputs],
  },
  {
    name: 'claude',
    path: /(?:^|\/)SKILL\.md$|(?:^|\/)\.claude\/(?:agents|commands|skills)\//,
    looks: isClaudeFile,
    steps: [reportLocalAsks, adoptToolNames, adoptAllowedTools, adoptArguments],
  },
  {
    name: 'windsurf',
    path: /(?:^|\/)\.windsurf\/|\.windsurfrules$/,
    looks: isWindsurfFile,
    steps: [reportLocalAsks],
  },
  {
    name: 'kiro',
    path: /(?:^|\/)\.kiro\//,
    looks: (draft) => draft.has('inclusion'),
    steps: [reportLocalAsks],
  },
  {
    name: 'gemini',
    path: /(?:^|\/)\.gemini\//,
    looks: (draft) => draft.has('timeout_mins'),
    steps: [reportLocalAsks, adoptMinutes],
  },
  {
    name: 'cursor',
    path: /\.mdc$|(?:^|\/)\.cursor\//,
    looks: (draft) => draft.has('globs', 'always_apply'),
    steps: [reportLocalAsks],
  },
  {
    name: 'continue',
    path: /(?:^|\/)\.continue\//,
    looks: isContinueFile,
    steps: [adoptBlocks],
  },
  {
    name: 'mdflow',
    path: /\.(?:claude|codex|copilot|gemini|droid|opencode)\.md$/,
    looks: (draft) => draft.entries.some(({ key }) => /^_[A-Za-z]/.test(key)),
    steps: [reportLocalAsks, reportOtherTags, adoptPositions],
  },
  { name: 'lmpify', path: /^$/, looks: hasBlocks, steps: [adoptStackedUrls] },
  {
    name: 'agents',
    path: /(?:^|\/)(?:AGENTS|CLAUDE|GEMINI)\.md$/,
    looks: NEVER,
    steps: [reportLocalAsks],
  },
  { name: 'dotprompt', path: /\.prompt$/, looks: NEVER, steps: [adoptBlocks] },
];

function isEditorFile(draft: Draft): boolean {
  const model: unknown = [draft.value('model')].flat()[0];
  return (
    draft.has('mode', 'handoffs', 'apply_to') ||
    (typeof draft.value('agent') === 'string' && !draft.has('context')) ||
    (typeof model === 'string' && / \(copilot\)$/i.test(model)) ||
    hasEditorTools(draft.value('tools'))
  );
}

function isWindsurfFile(draft: Draft): boolean {
  const triggers = ['always_on', 'glob', 'manual', 'model_decision'];
  return triggers.includes(String(draft.value('trigger'))) || draft.has('auto_execution_mode');
}

function isClaudeFile(draft: Draft): boolean {
  const keys = [
    'argument_hint',
    'disable_model_invocation',
    'permission_mode',
    'user_invocable',
    'user_invokable',
    'when_to_use',
  ];
  const model = draft.value('model');
  return (
    draft.has(...keys) ||
    hasClaudeTools(draft.value('allowed_tools')) ||
    hasClaudeTools(draft.value('tools')) ||
    /\$ARGUMENTS(?!\w)/.test(draft.body) ||
    (draft.has('description') && typeof model === 'string' && isHostModel(model)) ||
    (draft.has('name') && draft.has('color', 'skills', 'license', 'compatibility'))
  );
}

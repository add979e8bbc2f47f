import type { SettingType } from './setting-type.ts';
import { SETTINGS, type Setting } from './settings.ts';

/** The settings as the Markdown table of `spec/prompt-format.md`; a test compares the two. */
export function settingsTable(): string {
  const rows = SETTINGS.map(
    (setting: Setting) =>
      `| ${names(setting)} | ${typeName(setting.type)} | ${setting.default} | ${setting.meaning} |`,
  );
  return ['| key (aliases) | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function names({ key, aliases }: Setting): string {
  const others = aliases.map((alias) => `\`${alias}\``).join(' ');
  return others === '' ? `\`${key}\`` : `\`${key}\` (${others})`;
}

function typeName(type: SettingType): string {
  const name = NAMES[type.kind];
  if (type.kind === 'number' || type.kind === 'integer') {
    return name + range(type.min, type.max);
  }
  if (type.kind === 'choice') {
    return type.of.map((word) => `\`${word}\``).join(' ');
  }
  return type.kind === 'duration' && type.never === true ? `${name} or \`never\`` : name;
}

function range(min: number | undefined, max: number | undefined): string {
  if (max !== undefined) {
    return ` ${min} to ${max}`;
  }
  return min === undefined ? '' : ` from ${min}`;
}

const NAMES: Readonly<Record<SettingType['kind'], string>> = {
  number: 'number',
  integer: 'integer',
  choice: 'one of',
  flag: 'true or false',
  duration: 'time',
  text: 'text',
  list: 'list of texts',
  tool_filter: 'list of texts or map',
  map: 'map',
  bias: 'map of numbers',
  model: 'text or list',
  tools: 'see TOOL',
  tool_choice: '`none` `auto` `required` or map',
  input: 'see IN',
  output: 'see OUT',
  urls: 'see URL',
  approval: '`never` `always` or map',
  callback: 'URL or map',
};

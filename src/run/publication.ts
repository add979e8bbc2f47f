import type { CompletionRequest, ToolServer } from '../normalize/request.ts';
import type { RunEvent } from './event.ts';

/** How long a run is kept that is not to be stored, in milliseconds. */
export const UNSTORED_MS = 24 * 3_600_000;

/**
 * What a run shows to everybody: all, or only its answer and the names of its tools. `undecided`
 * shows where it stands and no more: what a login gave somebody access to must not be public by
 * default, and so nothing is as long as a login may still be used.
 */
export type Publication = 'full' | 'answer' | 'undecided';

/** What is known of whether the run uses a login of its owner. */
export interface LoginUse {
  /** A login was used, or asked for. */
  readonly used: boolean;
  /** Labels of the servers of which it is not known yet. */
  readonly unknown: readonly string[];
}

/** What is known before anything happened. */
export function startedLoginUse({ servers }: Pick<CompletionRequest, 'servers'>): LoginUse {
  return { used: false, unknown: servers.filter(canUseLogin).map(({ label }) => label) };
}

/** A server with credentials of its own is never sent a login, nor is this server itself. */
function canUseLogin({ url, authorization, headers }: ToolServer): boolean {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  return !url.startsWith('/') && authorization === undefined && !names.includes('authorization');
}

/** What is known after one more event. */
export function nextLoginUse(use: LoginUse, event: RunEvent): LoginUse {
  switch (event.type) {
    case 'action-required':
      return event.action.kind === 'authorization' ? { ...use, used: true } : use;
    case 'server-end':
      return {
        used: use.used || event.used_login === true,
        unknown: use.unknown.filter((label) => label !== event.label),
      };
    case 'tool-result':
      return event.used_login === true ? { ...use, used: true } : use;
    case 'run-end':
      return { ...use, unknown: [] };
    default:
      return use;
  }
}

/** What the public sees; the author's own word counts before everything. */
export function publicationOf(publish: CompletionRequest['publish'], use: LoginUse): Publication {
  if (publish !== null && publish !== undefined) return publish;
  if (use.used) return 'answer';
  return use.unknown.length === 0 ? 'full' : 'undecided';
}

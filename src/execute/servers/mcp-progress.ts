import type { ProgressCallback } from '@modelcontextprotocol/client';
import type { CallOptions } from '../ports.ts';
import { cutText } from './mcp-content.ts';
import type { Wire } from './mcp-fetch.ts';

const MAX_MESSAGE = 1024;

/** What the SDK is given to hear of progress; nothing where nobody wants to. */
export function progressOf(
  report: CallOptions['onProgress'],
  wire: Wire,
): { onprogress?: ProgressCallback } {
  return report === undefined ? {} : { onprogress: throttled(report, wire) };
}

/** A flood of progress would fill the log of the run: some of it is enough to show. */
export function throttled(
  report: NonNullable<CallOptions['onProgress']>,
  { limits, secrets }: Wire,
): ProgressCallback {
  let left = limits.progressReports;
  let last = -Infinity;
  return ({ progress, total, message }) => {
    const now = Date.now();
    if (left === 0 || now - last < limits.progressMs) return;
    left -= 1;
    last = now;
    report({
      progress,
      ...(total === undefined ? {} : { total }),
      ...(message === undefined ? {} : { message: cutText(secrets.clean(message), MAX_MESSAGE) }),
    });
  };
}

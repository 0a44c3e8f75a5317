import { type FailureDetail, SecondGlanceError, sentenceOf } from '../core/errors.ts';

/** Exit codes of every command; signals end with 128 + their number. */
export const EXIT = { done: 0, failed: 1, usage: 2, partial: 3, sigint: 130, sigterm: 143 } as const;

/** The command line asks for something that cannot be: nothing was started, exit code 2. */
export class UsageError extends SecondGlanceError<'usage'> {
  constructor(message: string, options?: ErrorOptions) {
    super('usage', message, options);
  }
}

function detailLines(detail: FailureDetail): string[] {
  const lines: string[] = [];
  if (detail.command !== undefined) lines.push(`command: ${detail.command}`);
  if (detail.exitCode !== undefined || detail.signal !== undefined) {
    lines.push(`ended with: exit code ${detail.exitCode ?? 'none'}, signal ${detail.signal ?? 'none'}`);
  }
  if (detail.pts !== undefined) lines.push(`at: ${(detail.pts / 1e6).toFixed(3)} s of the source's clock`);
  for (const line of detail.stderr ?? []) lines.push(`| ${line}`);
  return lines;
}

/**
 * A failure as the user reads it: one sentence; with `verbose` also what was tried, how it ended, and the stack.
 */
export function describeFailure(error: unknown, verbose: boolean): string {
  const lines = [sentenceOf(error)];
  if (verbose) {
    if (error instanceof SecondGlanceError) lines.push(...detailLines(error.detail));
    if (error instanceof Error && error.stack !== undefined) lines.push(error.stack);
  } else if (!(error instanceof SecondGlanceError)) {
    lines.push('This is not a failure that was foreseen; --verbose shows where it came from.');
  }
  return lines.join('\n  ');
}

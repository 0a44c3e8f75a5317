import { type FailureDetail, SecondGlanceError, sentenceOf } from './errors.ts';

/** Exit codes of every command; signals end with 128 + their number. */
export const EXIT = { done: 0, failed: 1, usage: 2, partial: 3, sigint: 130, sigterm: 143 } as const;

/** The command line or a setting is not valid: nothing was started, exit code 2. */
export class UsageError extends SecondGlanceError<'usage'> {
  constructor(message: string, options?: ErrorOptions) {
    super('usage', message, options);
  }
}

/** Returns what `read` returns; turns what it throws into a UsageError. */
export function orUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** The details of a failed process as lines. */
export function detailLines(detail: FailureDetail): string[] {
  const lines: string[] = [];
  if (detail.command !== undefined) lines.push(`command: ${detail.command}`);
  if (detail.exitCode !== undefined || detail.signal !== undefined) {
    lines.push(`ended with: exit code ${detail.exitCode ?? 'none'}, signal ${detail.signal ?? 'none'}`);
  }
  if (detail.pts !== undefined) lines.push(`at: ${(detail.pts / 1e6).toFixed(3)} s of the source's clock`);
  for (const line of detail.stderr ?? []) lines.push(`| ${line}`);
  return lines;
}

/** The lines below an error's message: with `verbose` the failed command, how it ended, and the stack. */
export function furtherLines(error: unknown, verbose: boolean): string[] {
  const known = error instanceof SecondGlanceError;
  if (!verbose) return known ? [] : ['This error was not expected; --verbose prints where it came from.'];
  const stack = error instanceof Error ? (error.stack?.split('\n') ?? []) : [];
  return [...(known ? detailLines(error.detail) : []), ...stack.slice(1).map((line) => line.trim())];
}

/** An error as it is printed: its message and the lines below it. */
export function describeFailure(error: unknown, verbose: boolean): string {
  return [sentenceOf(error), ...furtherLines(error, verbose)].join('\n  ');
}

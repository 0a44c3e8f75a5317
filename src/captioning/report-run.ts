import { EXIT } from '../core/failures.ts';
import { abortExitCode } from '../core/lifetime/interruption.ts';
import type { Reporter } from './reporter.ts';
import { type InputSummary, problemOf, summarise } from './summary.ts';

/** What {@link reportRun} needs to know of a run. */
export interface RunReport {
  readonly reporter: Reporter;
  /** When the run began, on the clock of `performance.now()`. */
  readonly began: number;
  readonly signal: AbortSignal;
  readonly verbose: boolean;
  /** Those of the inputs that have ended. */
  summaries(): readonly InputSummary[];
}

/**
 * Does the work of a run and reports its summary at the end, also after an interruption or a failure. Returns the exit code; throws what made
 * the whole run impossible.
 */
export async function reportRun(
  { reporter, began, signal, verbose, summaries }: RunReport,
  work: () => Promise<void>,
): Promise<number> {
  const close = (exitCode?: number, error?: unknown): number => {
    const run = summarise(summaries(), (performance.now() - began) / 1000);
    const summary = { ...run, ...(exitCode === undefined ? {} : { exitCode }) };
    reporter.close(summary, error === undefined ? undefined : problemOf(error, verbose));
    return summary.exitCode;
  };
  try {
    await work();
    return close();
  } catch (error) {
    const code = abortExitCode(signal);
    if (code !== undefined) return close(code);
    const failure: unknown = signal.aborted ? signal.reason : error;
    close(EXIT.failed, failure);
    throw failure;
  }
}

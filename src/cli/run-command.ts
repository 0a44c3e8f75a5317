import { keepCompiledCode } from '../config/compile-cache.ts';
import { describeFailure, EXIT, UsageError } from '../core/failures.ts';
import { withResources } from '../core/lifetime/disposal.ts';
import { abortExitCode, InterruptedError } from '../core/lifetime/interruption.ts';
import { hideSecrets } from '../core/text/secrets.ts';
import { type OutputError, outputError } from '../storage/errors.ts';
import { writeNote } from './terminal.ts';

/** What a command's action can use. */
export interface CommandContext {
  /** Closed in reverse order when the command ends, however it ends. */
  readonly resources: AsyncDisposableStack;
  /**
   * Makes the command end cleanly. The first SIGINT or SIGTERM aborts the signal that this returns (its reason is an
   * {@link InterruptedError}), the second ends the process at once. A stdout that cannot be written aborts it too (its
   * reason is an {@link OutputError}). A command that does not call this ends at once in both cases.
   */
  interruptible(): AbortSignal;
}

/** Does a command's work. Returns its exit code, or nothing for 0 (130 or 143 after a signal). */
export type CommandAction = (context: CommandContext) => Promise<number | undefined> | Promise<void>;

/** Prints a failure. Returns its exit code. */
export function printFailure(error: unknown): number {
  writeNote(`secondglance: ${hideSecrets(describeFailure(error, process.argv.includes('--verbose')))}`);
  return error instanceof UsageError ? EXIT.usage : EXIT.failed;
}

/** A reader that closes the pipe (`| head`) is not a failure. */
function exitAtOnce(error: OutputError): void {
  process.exit(error.code === 'output-closed' ? EXIT.done : printFailure(error));
}

let onStdoutLost: (error: OutputError) => void = exitAtOnce;

/** From here on, a stdout that cannot be written and an error that nothing catches end the process in order. */
export function guardProcess(): void {
  process.stdout.on('error', (error) => onStdoutLost(outputError(error, 'write to standard output')));
  process.on('uncaughtException', (error) => process.exit(printFailure(error)));
}

/** Waits until stdout has taken what was written, or has failed. */
async function flushStdout(): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
}

/**
 * Runs a command: handles signals and a lost stdout, closes the command's resources, prints what it throws and ends the
 * process with the exit code. Every command's action goes through here.
 */
export async function runCommand(action: CommandAction): Promise<never> {
  const controller = new AbortController();
  const { signal } = controller;
  let lost: OutputError | undefined;
  let interrupted = false;
  const interruptible = (): AbortSignal => {
    const handle = (name: NodeJS.Signals): void => {
      const interruption = new InterruptedError(name);
      if (interrupted) process.exit(interruption.exitCode);
      interrupted = true;
      controller.abort(interruption);
    };
    process.on('SIGINT', handle);
    process.on('SIGTERM', handle);
    onStdoutLost = (error) => {
      lost ??= error;
      controller.abort(error);
    };
    return signal;
  };
  let exitCode: number;
  try {
    const returned = await withResources(async (resources) => {
      resources.defer(flushStdout);
      await keepCompiledCode();
      return action({ resources, interruptible });
    });
    exitCode = returned ?? abortExitCode(signal) ?? EXIT.done;
    if (lost !== undefined) exitCode = abortExitCode(signal) ?? printFailure(lost);
  } catch (error) {
    exitCode = abortExitCode(signal) ?? printFailure(lost ?? error);
  }
  process.exit(exitCode);
}

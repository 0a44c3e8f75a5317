import { SecondGlanceError } from '../errors.ts';
import { EXIT } from '../failures.ts';

/** The reason with which SIGINT or SIGTERM aborts a run. The run ends cleanly and can be resumed. */
export class InterruptedError extends Error {
  override readonly name = 'AbortError';
  readonly signal: NodeJS.Signals;
  /** 128 + the signal's number, as a shell reports it. */
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
    this.exitCode = signal === 'SIGINT' ? EXIT.sigint : EXIT.sigterm;
  }
}

/** Calls `listener` when SIGINT or SIGTERM aborts `signal`; not for other reasons. */
export function onInterrupted(signal: AbortSignal, listener: (name: NodeJS.Signals) => void): void {
  const listen = (): void => {
    if (signal.reason instanceof InterruptedError) listener(signal.reason.signal);
  };
  if (signal.aborted) listen();
  else signal.addEventListener('abort', listen, { once: true });
}

/**
 * The exit code of a run that `signal` aborted: 130 or 143 after SIGINT or SIGTERM, 0 where the reader of stdout closed the
 * pipe (`| head`). Undefined where the signal was not aborted, or where its reason is a failure.
 */
export function abortExitCode(signal: AbortSignal): number | undefined {
  if (!signal.aborted) return undefined;
  const reason: unknown = signal.reason;
  if (reason instanceof InterruptedError) return reason.exitCode;
  return reason instanceof SecondGlanceError && reason.code === 'output-closed' ? EXIT.done : undefined;
}

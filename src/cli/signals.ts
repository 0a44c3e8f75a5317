import { EXIT } from '../core/failures.ts';

/** The one way in which a run is ended before its time. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** 130 or 143 once a signal came. */
  exitCode(): number | undefined;
  /** Ends the run for another reason than a signal. */
  abort(reason: unknown): void;
  dispose(): void;
}

/**
 * The first SIGINT or SIGTERM aborts `signal`, so that the run ends cleanly and can be resumed;
 * the second ends the process at once (the children see their parent gone and end too).
 */
export function onInterrupt(notice: (signal: NodeJS.Signals) => void): Interruption {
  const controller = new AbortController();
  let code: number | undefined;
  const handle = (name: NodeJS.Signals): void => {
    const next = name === 'SIGINT' ? EXIT.sigint : EXIT.sigterm;
    if (code !== undefined) process.exit(next);
    code = next;
    notice(name);
    controller.abort(new DOMException(`ended by ${name}`, 'AbortError'));
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return {
    signal: controller.signal,
    exitCode: () => code,
    abort: (reason) => controller.abort(reason),
    dispose: () => {
      process.off('SIGINT', handle);
      process.off('SIGTERM', handle);
    },
  };
}

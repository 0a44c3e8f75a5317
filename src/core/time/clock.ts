import { sleep } from './sleep.ts';

/** The time, for what runs for days: tests and benchmarks bring their own. */
export interface Clock {
  /** Milliseconds since 1970 (UTC). May be set back, as this machine's clock may. */
  now(): number;
  /** Milliseconds that only go on, for lengths of time. */
  elapsed(): number;
  /** Waits; throws the signal's reason if it aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The clock of this machine. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep,
};

import { setTimeout as delay } from 'node:timers/promises';

/** Waits `ms` milliseconds. Throws the signal's reason if it aborts first. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    throw signal.aborted ? signal.reason : error;
  });
}

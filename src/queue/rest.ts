import { setTimeout as sleep } from 'node:timers/promises';

/** Waits so many milliseconds. Throws the signal's reason where that comes first. */
export async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    throw signal.aborted ? signal.reason : error;
  });
}

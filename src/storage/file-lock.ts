import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { errnoOf } from '../core/errors.ts';
import { OutputError, outputError } from './errors.ts';

/** How old a lock gets before it counts as left behind by a killed run. A living run renews its own every second. */
const STALE_MS = 3000;
const RENEW_MS = 1000;
const POLL_MS = 200;

/** A lock that this process holds. */
export interface FileLock {
  /** False once another process has taken the lock over, which happens only to a run that stood still for seconds. */
  readonly held: () => boolean;
  /** Idempotent. */
  release(): Promise<void>;
}

async function renewedAt(lockFile: string): Promise<number | undefined> {
  return (await stat(lockFile).catch(() => undefined))?.mtimeMs;
}

/**
 * Locks `file` for this process. A lock left by a killed run is taken over once it is stale, within four seconds;
 * one that is renewed in that time belongs to a living run: `journal-busy` within about two.
 */
export async function lockFile(file: string): Promise<FileLock> {
  const lockPath = `${file}.lock`;
  let held = true;
  let found: number | undefined;
  for (;;) {
    try {
      const unlock = await lock(file, {
        realpath: false,
        lockfilePath: lockPath,
        stale: STALE_MS,
        update: RENEW_MS,
        onCompromised: () => {
          held = false;
        },
      });
      return {
        held: () => held,
        async release() {
          if (!held) return;
          held = false;
          await unlock().catch(() => undefined);
        },
      };
    } catch (error) {
      if (errnoOf(error) !== 'ELOCKED') throw outputError(error, `lock ${file}`);
    }

    const renewed = await renewedAt(lockPath);
    if (found !== undefined && renewed !== undefined && renewed !== found) {
      throw new OutputError(
        'journal-busy',
        'another run is working on the same input with the same settings: wait for it to end, or stop it',
      );
    }
    found = renewed ?? found;
    await sleep(POLL_MS);
  }
}

import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { errnoOf } from '../core/errors.ts';
import { OutputError, outputError } from './errors.ts';

/** Age at which a lock counts as left behind by a killed run. A running one renews its lock every second. */
const STALE_MS = 3000;
const RENEW_MS = 1000;
const POLL_MS = 200;

/** A lock that this process holds. */
export interface FileLock {
  /**
   * False once another process has taken the lock over, which happens only to a process whose event loop was blocked for
   * longer than the stale time. Checks the disk, because the timer that renews the lock was blocked as well.
   */
  isHeld(): Promise<boolean>;
  /** Idempotent. */
  release(): Promise<void>;
}

/** Differs for every lock at that path. */
async function identityOf(lockPath: string): Promise<string | undefined> {
  const found = await stat(lockPath, { bigint: true }).catch(() => undefined);
  return found === undefined ? undefined : `${found.ino} ${found.birthtimeNs}`;
}

async function renewedAt(lockPath: string): Promise<number | undefined> {
  return (await stat(lockPath).catch(() => undefined))?.mtimeMs;
}

/**
 * Locks `file` for this process, with a lock folder beside it that is renewed every second. A lock left by a killed run is
 * taken over once it is stale, within four seconds; one that is renewed in that time belongs to a running process:
 * `journal-busy` within about two. A process that is blocked for longer than three seconds loses its lock: check
 * `isHeld` before every write.
 */
export async function lockFile(file: string): Promise<FileLock> {
  const lockPath = `${file}.lock`;
  let compromised = false;
  let found: number | undefined;
  for (;;) {
    try {
      const unlock = await lock(file, {
        realpath: false,
        lockfilePath: lockPath,
        stale: STALE_MS,
        update: RENEW_MS,
        onCompromised: () => {
          compromised = true;
        },
      });
      const identity = await identityOf(lockPath);
      let released = false;
      const isHeld = async (): Promise<boolean> =>
        !compromised && !released && identity !== undefined && (await identityOf(lockPath)) === identity;
      return {
        isHeld,
        async release() {
          if (!(await isHeld())) return;
          released = true;
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
        'another run is processing the same input with the same settings: wait for it to end, or stop it',
      );
    }
    found = renewed ?? found;
    await sleep(POLL_MS);
  }
}

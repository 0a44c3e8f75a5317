import Libsql from 'libsql';
import { errnoOf, SecondGlanceError } from '../../core/errors.ts';
import { stateError } from './database.ts';

/** Another `watch` or `live` works with the same state file. */
export class AlreadyWatchedError extends SecondGlanceError<'already-watched'> {
  constructor(file: string, cause?: unknown) {
    super('already-watched', `another secondglance watch or live is using ${file}: stop it, or name another --state`, {
      cause,
    });
  }
}

/** The exclusive right to write a state file. */
export interface StateLock {
  /** Idempotent. */
  release(): void;
}

/**
 * Locks a state file for this process. The lock is SQLite's own, on an empty database beside the state file: an open
 * exclusive transaction holds it, and the operating system drops it when the process ends, however it ends. Nothing has to
 * be renewed, so a blocked event loop cannot lose it. Throws `already-watched` where another process holds it.
 */
export function lockState(file: string): StateLock {
  let db: Libsql.Database | undefined;
  try {
    db = new Libsql(`${file}.watch.lock`);
    db.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    db?.close();
    if (errnoOf(error)?.startsWith('SQLITE_BUSY') === true) throw new AlreadyWatchedError(file, error);
    throw stateError(file, error);
  }
  const held = db;
  return {
    release() {
      // Closing twice is harmless; the file stays, since removing it would let two processes hold two different files.
      if (held.open) held.close();
    },
  };
}

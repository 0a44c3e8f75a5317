import path from 'node:path';
import {
  type Database,
  openDatabase,
  openMemoryDatabase,
  readableError,
  writeFact,
} from '../../archive/index/database.ts';
import { lockState } from '../../archive/index/state-lock.ts';
import { ensureFolder } from '../../storage/folders/ensure-folder.ts';

/** The archive, and the outbox of notifications. */
export interface LiveState {
  readonly db: Database;
  /** Undefined: it lasts as long as this process. */
  readonly file?: string;
  close(): void;
}

/**
 * Opens the state file for this process alone; without one, a database in memory. Throws `already-watched`, `state-damaged` and the like.
 */
export async function openLiveState(file: string | undefined, zone: string): Promise<LiveState> {
  if (file === undefined) {
    const db = openMemoryDatabase();
    return { db, close: () => db.close() };
  }
  await ensureFolder(path.dirname(file), 0o700);
  const lock = lockState(file);
  let db: Database | undefined;
  try {
    db = openDatabase(file, { create: true });
    writeFact(db, 'zone', zone);
    const opened = db;
    return {
      ...{ db, file },
      close() {
        opened.close();
        lock.release();
      },
    };
  } catch (error) {
    db?.close();
    lock.release();
    throw readableError(file, error);
  }
}

import { chmodSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import type { SafeDatabase } from './safe-database.ts';

/** A backup is made at most so often. */
const DAY_MS = 86_400_000;

/** The backups of a state file, the latest first. */
export function backupsOf(file: string): readonly [string, string] {
  return [`${file}.backup-1`, `${file}.backup-2`];
}

/** The latest backup that is there, and when it was made. */
export function latestBackup(file: string): { readonly file: string; readonly made: Date } | undefined {
  const found = backupsOf(file).find((backup) => existsSync(backup));
  return found === undefined ? undefined : { file: found, made: statSync(found).mtime };
}

/**
 * Makes a backup by SQLite's own means, once a day, and keeps the one before. Call it while nothing else is under way: it blocks the event loop for
 * as long as SQLite copies. Throws SQLite's or the system's error; the earlier backups then stay.
 */
export function backUp(db: SafeDatabase, file: string, now = Date.now()): void {
  const [latest, earlier] = backupsOf(file);
  if (existsSync(latest) && now - statSync(latest).mtimeMs < DAY_MS) return;
  const making = `${file}.backup-new`;
  rmSync(making, { force: true });
  try {
    db.prepare('VACUUM INTO ?').run(making);
    chmodSync(making, 0o600);
    if (existsSync(latest)) renameSync(latest, earlier);
    renameSync(making, latest);
  } catch (error) {
    rmSync(making, { force: true });
    throw error;
  }
}

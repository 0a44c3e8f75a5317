import { chmodSync, closeSync, openSync, statSync } from 'node:fs';

/**
 * Makes a database's file where it is missing, for this user alone; SQLite gives its other files the same permissions. Call it before SQLite opens the
 * file. Throws the system's error.
 *
 * A file that is there is never opened here. Closing any descriptor of a file drops all locks that the process has on it (POSIX), also those of
 * SQLite's open connections, which do not notice. The next process that closes the database then takes itself for the last one and removes
 * the write-ahead log: what is written here afterwards is lost, and the file reads as damaged. See section 2.2 of
 * https://www.sqlite.org/howtocorrupt.html, and `SafeDatabase.close` for connections that are open longer than it seems.
 */
export function ensureDatabaseFile(file: string): void {
  const known = statSync(file, { throwIfNoEntry: false });
  if (known === undefined) closeSync(openSync(file, 'a', 0o600));
  else if (known.isFile()) chmodSync(file, 0o600);
}

import { ensureDatabaseFile } from '../../archive/index/database-file.ts';
import { SafeDatabase } from '../../archive/index/safe-database.ts';
import { errnoOf, sentenceOf } from '../../core/errors.ts';
import { WebError } from '../errors.ts';

/** Version of the tables below. */
const VERSION = 1;
/** Application id that marks our databases: "SGlw". */
const APPLICATION = 0x53476c77;

/**
 * `seq` orders videos by when they were added, `queued` those that wait by their turn. `doc` is JSON, see `documents.ts`.
 */
const TABLES = `
CREATE TABLE videos (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, folded TEXT NOT NULL, state TEXT NOT NULL,
  queued INTEGER NOT NULL DEFAULT 0, doc TEXT NOT NULL
);
CREATE INDEX videos_by_state ON videos (state, queued);
CREATE TABLE captions (video TEXT NOT NULL, at INTEGER NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (video, at)) WITHOUT ROWID;
CREATE TABLE cues (video TEXT NOT NULL, at INTEGER NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (video, at)) WITHOUT ROWID;
CREATE TABLE sessions (hash TEXT PRIMARY KEY, expires INTEGER NOT NULL);
PRAGMA application_id = ${APPLICATION};
PRAGMA user_version = ${VERSION};
`;

/** For the next turn of the queue: without it, adding n videos would take n times n steps. */
const BY_TURN = 'CREATE INDEX IF NOT EXISTS videos_by_turn ON videos (queued)';

/** The WebError of a failed operation on the database. */
export function storeError(file: string, cause: unknown): Error {
  if (cause instanceof WebError) return cause;
  const full = errnoOf(cause) === 'SQLITE_FULL' || errnoOf(cause)?.startsWith('SQLITE_IOERR') === true;
  const advice = full ? 'is the disk full?' : 'move it away, or choose another --data';
  return new WebError('serve-data', `${file} cannot be used (${sentenceOf(cause)}): ${advice}`, {
    cause,
    retryable: full,
  });
}

/** Opens the database of a data folder, which has to exist, and creates it where it is missing. Throws `serve-data`. */
export function openStore(file: string): SafeDatabase {
  let db: SafeDatabase | undefined;
  try {
    ensureDatabaseFile(file);
    db = new SafeDatabase(file);
    db.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    const number = (pragma: string): number => {
      const row = db?.prepare(`PRAGMA ${pragma}`).get() as Readonly<Record<string, number>> | undefined;
      return row?.[pragma] ?? 0;
    };
    const tables = (db.prepare('SELECT count(*) AS tables FROM sqlite_master').get() as { tables: number }).tables;
    if (tables === 0) db.exec(TABLES);
    else if (number('application_id') !== APPLICATION) throw new Error('it is the database of another program');
    else if (number('user_version') > VERSION) throw new Error('it was written by a newer secondglance');
    db.exec(BY_TURN);
    const check = db.prepare('SELECT quick_check AS found FROM pragma_quick_check(1)').get() as { found: string };
    if (check.found !== 'ok') throw new Error(`it is damaged: ${check.found}`);
    return db;
  } catch (error) {
    db?.close();
    throw storeError(file, error);
  }
}

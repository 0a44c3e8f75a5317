import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { errnoOf, SecondGlanceError, sentenceOf } from '../../core/errors.ts';
import { ArchiveError } from '../errors.ts';
import { latestBackup } from './backups.ts';
import { ensureDatabaseFile } from './database-file.ts';
import { DamagedTextError, SafeDatabase } from './safe-database.ts';

/** An open state file. Calls are synchronous and short. */
export type Database = SafeDatabase;

/** Version of the tables below; a state file with a newer version is rejected. */
const VERSION = 1;
/** Application id that marks our state files: "SGln". */
const APPLICATION = 0x53476c6e;
/** How long a writer waits for another writer. */
const BUSY_MS = 10_000;

/**
 * Times are milliseconds since 1970, UTC. A recording is identified by its fingerprint (`content`), whatever its path;
 * `files` caches the fingerprints of files. A cue's id is `start * 1024 + n`: ids are ordered by time, so that the newest hits
 * of a common word are found without reading all of them. Older names of two columns stay, so that state files stay
 * readable: `looks` is the number of passes, and `nights`/`night` are sessions; a session's results are summed up from the
 * recordings that it last worked on.
 */
const TABLES = `
CREATE TABLE cameras (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE recordings (
  id INTEGER PRIMARY KEY, content TEXT NOT NULL UNIQUE, path TEXT NOT NULL, root TEXT NOT NULL,
  camera INTEGER NOT NULL REFERENCES cameras, size INTEGER NOT NULL, start INTEGER NOT NULL, start_from TEXT NOT NULL,
  duration INTEGER NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, code TEXT, message TEXT,
  frames TEXT, looks INTEGER, keyframes INTEGER, cues INTEGER, seconds REAL, track TEXT, added INTEGER NOT NULL, ended INTEGER,
  night INTEGER REFERENCES nights
);
CREATE INDEX recordings_by_state ON recordings (state, start);
CREATE INDEX recordings_by_start ON recordings (start);
CREATE INDEX recordings_by_path ON recordings (path);
CREATE INDEX recordings_by_night ON recordings (night);
CREATE TABLE files (path TEXT PRIMARY KEY, mark TEXT NOT NULL, content TEXT NOT NULL);
CREATE TABLE unfinished (path TEXT PRIMARY KEY, camera TEXT NOT NULL, start INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE TABLE staged (recording INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, confidence REAL NOT NULL, text TEXT NOT NULL, moving INTEGER NOT NULL, picture INTEGER);
CREATE INDEX staged_of ON staged (recording);
CREATE TABLE cues (id INTEGER PRIMARY KEY, recording INTEGER NOT NULL REFERENCES recordings, end INTEGER NOT NULL, confidence REAL NOT NULL, text TEXT NOT NULL, moving INTEGER NOT NULL, picture INTEGER);
CREATE INDEX cues_of ON cues (recording);
CREATE VIRTUAL TABLE words USING fts5(text, camera, content='', contentless_delete=1, tokenize="porter unicode61 remove_diacritics 2");
CREATE TABLE nights (id INTEGER PRIMARY KEY, began INTEGER NOT NULL, ended INTEGER, until INTEGER, remaining INTEGER NOT NULL DEFAULT 0, remaining_video INTEGER NOT NULL DEFAULT 0);
CREATE TABLE costs (plan TEXT PRIMARY KEY, ratio REAL NOT NULL);
CREATE TABLE outbox (id INTEGER PRIMARY KEY, channel TEXT NOT NULL, body TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL, made INTEGER NOT NULL, error TEXT);
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
PRAGMA application_id = ${APPLICATION};
PRAGMA user_version = ${VERSION};
`;

/** Indexes that state files of earlier releases lack. */
const LATER_INDEXES = `
CREATE INDEX IF NOT EXISTS recordings_by_track ON recordings (track);
CREATE INDEX IF NOT EXISTS files_by_content ON files (content);
`;

/** Bytes up to which a file is checked whenever it is opened. `watch` checks every one. */
const CHECKED_BYTES = 64 * 2 ** 20;

/** A database error as an {@link ArchiveError}; other errors as they are. */
export function readableError(file: string, error: unknown): unknown {
  const ours = error instanceof DamagedTextError || errnoOf(error)?.startsWith('SQLITE_') === true;
  return ours ? stateError(file, error) : error;
}

function damaged(file: string, cause: unknown): ArchiveError {
  const backup = latestBackup(file);
  const away = `stop watch, move it away together with ${file}-wal and ${file}-shm`;
  const then =
    backup === undefined
      ? 'and run watch, which describes the recordings again'
      : `and copy ${backup.file} (of ${backup.made.toISOString().slice(0, 10)}) to its place`;
  return new ArchiveError('state-damaged', `${file} is damaged (${sentenceOf(cause)}): ${away}, ${then}`, { cause });
}

/** Has SQLite check the file. Throws an error that says what it found. */
function checkIntegrity(db: Database): void {
  const found = db.prepare('SELECT quick_check AS problem FROM pragma_quick_check(1)').get() as { problem: string };
  if (found.problem !== 'ok') throw Object.assign(new Error(found.problem), { code: 'SQLITE_CORRUPT' });
}

function noStateFile(file: string, cause?: unknown): ArchiveError {
  return new ArchiveError(
    'state-unusable',
    `${file} is not a state file of secondglance: name another with --state`,
    cause === undefined ? {} : { cause },
  );
}

/** The {@link ArchiveError} for a failed operation on a state file. */
export function stateError(file: string, cause: unknown): Error {
  if (cause instanceof SecondGlanceError) return cause;
  const code = errnoOf(cause);
  if (code === 'SQLITE_FULL' || code?.startsWith('SQLITE_IOERR') === true) {
    return new ArchiveError('state-full', `${file} cannot be written: is its disk full? (${sentenceOf(cause)})`, {
      cause,
    });
  }
  if (code?.startsWith('SQLITE_BUSY') === true) {
    return new ArchiveError('state-busy', `${file} is locked by another program: will retry`, {
      cause,
    });
  }
  if (cause instanceof DamagedTextError || code?.startsWith('SQLITE_CORRUPT') === true) return damaged(file, cause);
  // Where we have made backups, it was one.
  if (code === 'SQLITE_NOTADB') {
    return latestBackup(file) === undefined ? noStateFile(file, cause) : damaged(file, cause);
  }
  if (code === 'SQLITE_CANTOPEN' || /Unable to open connection/.test(sentenceOf(cause))) {
    return new ArchiveError(
      'state-unusable',
      `${file} cannot be opened or created: check its folder and the permissions, or name another with --state`,
      { cause },
    );
  }
  return new ArchiveError('state-unusable', `${file} cannot be used as a state file: ${sentenceOf(cause)}`, { cause });
}

function versionOf(db: Database): number {
  return (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
}

/** Says whose state file it is, where it or its folder is closed to this user. */
function checkAccess(file: string): void {
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
  } catch (cause) {
    if (errnoOf(cause) !== 'EACCES' && errnoOf(cause) !== 'EPERM') return;
    throw new ArchiveError(
      'state-unusable',
      `${file} may not be used by this user: run the command as the user that runs watch (sudo -u USER secondglance ...), or name another with --state`,
      { cause },
    );
  }
}

/**
 * Opens a state file and checks its integrity. A missing one is created where `create` is set; otherwise `state-missing`. Throws
 * `state-damaged`; `state-unusable` for a file that is something else, and leaves it untouched. Its folder has to exist.
 */
export function openDatabase(file: string, { create }: { readonly create: boolean }): Database {
  checkAccess(file);
  if (!create && !existsSync(file)) {
    throw new ArchiveError(
      'state-missing',
      `${file} does not exist: run secondglance watch first, or name its state file with --state`,
    );
  }
  let db: Database | undefined;
  try {
    if (create) ensureDatabaseFile(file);
    db = new SafeDatabase(file);
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA foreign_keys = ON;`);
    const { tables, application } = db
      .prepare(
        'SELECT count(*) AS tables, (SELECT application_id FROM pragma_application_id) AS application FROM sqlite_master',
      )
      .get() as { tables: number; application: number };
    // Never touch another program's database.
    if (tables > 0 ? application !== APPLICATION : !create) throw noStateFile(file);
    const found = versionOf(db);
    if (found > VERSION) throw new Error(`it was written by a newer secondglance (schema version ${found})`);
    if (found < VERSION) {
      db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL');
      const opened = db;
      db.transaction(() => {
        if (versionOf(opened) === 0) opened.exec(TABLES);
      }).immediate();
    }
    if (create || statSync(file).size <= CHECKED_BYTES) checkIntegrity(db);
    // A power cut may lose the last transactions, whose work is then repeated; it never corrupts the file.
    db.exec('PRAGMA synchronous = NORMAL');
    if (create) db.exec(LATER_INDEXES);
    return db;
  } catch (error) {
    db?.close();
    throw stateError(file, error);
  }
}

/** An empty database with the same tables that lasts as long as this process. */
export function openMemoryDatabase(): Database {
  const db = new SafeDatabase(':memory:');
  db.exec(TABLES);
  return db;
}

/** A fact that is stored between runs, such as the zone; undefined where there is none. */
export function readFact(db: Database, name: string): string | undefined {
  return (db.prepare('SELECT value FROM facts WHERE name = ?').get(name) as { value: string } | undefined)?.value;
}

/** Stores a fact. */
export function writeFact(db: Database, name: string, value: string): void {
  db.prepare('INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value').run(
    name,
    value,
  );
}

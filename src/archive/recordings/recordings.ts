import type { Database } from '../index/database.ts';

/**
 * - `pending`: complete and not described yet; also one whose failure may pass.
 * - `done`; `partial`: described as far as it can be read; `failed`: cannot be described.
 * - `gone`: was pending and is there no more.
 */
export type RecordingState = 'pending' | 'done' | 'partial' | 'failed' | 'gone';

/** One recording, known by its content. Times are milliseconds. */
export interface Recording {
  readonly id: number;
  readonly content: string;
  /** Absolute. */
  readonly path: string;
  /** The watched folder that it was found in. */
  readonly root: string;
  readonly camera: string;
  readonly size: number;
  readonly start: number;
  readonly startFrom: 'name' | 'metadata' | 'mtime';
  readonly duration: number;
  readonly state: RecordingState;
  readonly tries: number;
  readonly code: string | null;
  readonly message: string | null;
  readonly frames: string | null;
  readonly looks: 1 | 2 | null;
  readonly keyframes: number | null;
  readonly cues: number | null;
  readonly seconds: number | null;
  readonly track: string | null;
  readonly ended: number | null;
  /** The night in which it was last dealt with. */
  readonly night: number | null;
}

/** What is known of a recording when it is found. */
export type FoundRecording = Pick<
  Recording,
  'content' | 'path' | 'root' | 'camera' | 'size' | 'start' | 'startFrom' | 'duration'
>;

/** How an attempt at a recording ended without a track. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  /** The same attempt may succeed later. */
  readonly retryable: boolean;
}

/** After so many attempts a failure that might pass counts as one that does not. */
export const MOST_TRIES = 5;

const COLUMNS = `r.id, r.content, r.path, r.root, c.name AS camera, r.size, r.start, r.start_from AS startFrom, r.duration,
  r.state, r.tries, r.code, r.message, r.frames, r.looks, r.keyframes, r.cues, r.seconds, r.track, r.ended, r.night`;
const FROM = 'FROM recordings r JOIN cameras c ON c.id = r.camera';

/** The number of a camera; it gets one where it is new. */
export function cameraId(db: Database, name: string): number {
  db.prepare('INSERT INTO cameras (name) VALUES (?) ON CONFLICT DO NOTHING').run(name);
  return (db.prepare('SELECT id FROM cameras WHERE name = ?').get(name) as { id: number }).id;
}

/** The names of all cameras, in order. */
export function cameraNames(db: Database): string[] {
  return (db.prepare('SELECT name FROM cameras ORDER BY name').all() as { name: string }[]).map(({ name }) => name);
}

/** Recordings that fulfil a condition over `recordings r`, in order of their start. */
export function recordingsWhere(db: Database, condition: string, ...values: readonly unknown[]): Recording[] {
  return db
    .prepare(`SELECT ${COLUMNS} ${FROM} WHERE ${condition} ORDER BY r.start, r.id`)
    .all(...values) as Recording[];
}

/** The recording of a content, if it was ever found. */
export function recordingOf(db: Database, content: string): Recording | undefined {
  return recordingsWhere(db, 'r.content = ?', content)[0];
}

/** Enters a recording that is complete, to be described. */
export function addRecording(db: Database, found: FoundRecording): Recording | undefined {
  const { content, path, root, size, start, startFrom, duration } = found;
  db.prepare(
    `INSERT INTO recordings (content, path, root, camera, size, start, start_from, duration, state, added)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?)`,
  ).run(content, path, root, cameraId(db, found.camera), size, start, startFrom, duration, Date.now());
  return recordingOf(db, content);
}

/** How far apart a recording's start may be told from the time of its last change, before and after it has grown. */
const SAME_START_MS = 2000;

/**
 * Forgets what stood at the same place and shows the same time: it has grown, or was written again, and would be found
 * twice. What was overwritten by a later recording stays.
 */
export function dropReplaced(db: Database, { id, path, start, duration }: Recording): void {
  const end = Math.max(start + SAME_START_MS, start + duration);
  db.transaction(() => {
    const at = 'r.path = ? AND r.id <> ? AND r.start < ? AND max(r.start + r.duration, r.start + ?) > ?';
    for (const old of recordingsWhere(db, at, path, id, end, SAME_START_MS, start)) {
      db.prepare('DELETE FROM words WHERE rowid IN (SELECT id FROM cues WHERE recording = ?)').run(old.id);
      db.prepare('DELETE FROM cues WHERE recording = ?').run(old.id);
      db.prepare('DELETE FROM recordings WHERE id = ?').run(old.id);
    }
  }).immediate();
}

/** A recording that was found under another name: what was done stays done. */
export function moveRecording(db: Database, id: number, path: string, root: string): void {
  db.prepare('UPDATE recordings SET path = ?, root = ? WHERE id = ?').run(path, root, id);
}

/** Takes up again what had gone, or what failed in a way that may have passed. */
export function reviveRecording(db: Database, id: number): void {
  db.prepare("UPDATE recordings SET state = 'pending', tries = 0 WHERE id = ?").run(id);
}

/** Notes a failed attempt: the recording stays pending where another may succeed. */
export function failRecording(
  db: Database,
  id: number,
  night: number,
  { code, message, retryable }: Failure,
): RecordingState {
  const { tries } = db.prepare('SELECT tries FROM recordings WHERE id = ?').get(id) as { tries: number };
  const state = retryable && tries + 1 < MOST_TRIES ? 'pending' : code === 'recording-gone' ? 'gone' : 'failed';
  db.prepare(
    'UPDATE recordings SET state = ?, tries = ?, code = ?, message = ?, ended = ?, night = ? WHERE id = ?',
  ).run(state, tries + 1, code, message, Date.now(), night, id);
  return state;
}

/** Notes why a recording waits though nothing is wrong with it. */
export function holdRecording(db: Database, id: number, { code, message }: Failure): void {
  db.prepare('UPDATE recordings SET code = ?, message = ? WHERE id = ?').run(code, message, id);
}

/** What a file's content was when it stood as `mark` says (size, time of change, inode); undefined where unknown. */
export function knownContent(db: Database, path: string, mark: string): string | undefined {
  const row = db.prepare('SELECT content FROM files WHERE path = ? AND mark = ?').get(path, mark);
  return (row as { content: string } | undefined)?.content;
}

/** Remembers a file's content. */
export function rememberContent(db: Database, path: string, mark: string, content: string): void {
  db.prepare(
    'INSERT INTO files VALUES (?, ?, ?) ON CONFLICT (path) DO UPDATE SET mark = excluded.mark, content = excluded.content',
  ).run(path, mark, content);
}

/** A file that is still being written, or looks so. */
export interface Unfinished {
  readonly path: string;
  readonly camera: string;
  readonly start: number;
  readonly reason: string;
}

/** Puts what is unfinished now in the place of what was before. */
export function setUnfinished(db: Database, files: readonly Unfinished[]): void {
  db.transaction(() => {
    db.prepare('DELETE FROM unfinished').run();
    const insert = db.prepare('INSERT OR REPLACE INTO unfinished VALUES (?, ?, ?, ?)');
    for (const { path, camera, start, reason } of files) insert.run(path, camera, start, reason);
  }).immediate();
}

/** What was unfinished when it was last looked at, in order of path. */
export function unfinishedFiles(db: Database): Unfinished[] {
  return db.prepare('SELECT path, camera, start, reason FROM unfinished ORDER BY path').all() as Unfinished[];
}

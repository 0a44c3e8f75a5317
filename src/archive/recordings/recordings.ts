import type { Database } from '../index/database.ts';

/**
 * - `pending`: complete and not captioned yet, or failed in a way that may pass.
 * - `done`; `partial`: captioned as far as it can be read; `failed`: cannot be captioned.
 * - `gone`: the file disappeared while it was pending.
 */
export type RecordingState = 'pending' | 'done' | 'partial' | 'failed' | 'gone';

/** One recording, identified by its fingerprint (`content`), whatever its path. Times are milliseconds. */
export interface Recording {
  readonly id: number;
  readonly content: string;
  /** Absolute. */
  readonly path: string;
  /** The watched folder that contains it. */
  readonly root: string;
  readonly camera: string;
  readonly size: number;
  readonly start: number;
  /** See `WallClock`; `live`: the recording stands for an hour of a live stream. */
  readonly startFrom: 'name' | 'metadata' | 'mtime' | 'reset' | 'ahead' | 'live';
  readonly duration: number;
  readonly state: RecordingState;
  readonly tries: number;
  readonly code: string | null;
  readonly message: string | null;
  readonly frames: string | null;
  /** Column `looks`. */
  readonly passes: 1 | 2 | null;
  readonly keyframes: number | null;
  readonly cues: number | null;
  readonly seconds: number | null;
  readonly track: string | null;
  readonly ended: number | null;
  /** The session that last worked on it. Column `night`. */
  readonly session: number | null;
}

/** What is known about a recording when it is registered. */
export type FoundRecording = Pick<
  Recording,
  'content' | 'path' | 'root' | 'camera' | 'size' | 'start' | 'startFrom' | 'duration'
>;

/** How an attempt at a recording ended without a track. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  /** True where the same attempt may succeed later. */
  readonly retryable: boolean;
}

/** Attempts after which a retryable failure becomes final. */
export const MOST_TRIES = 5;

const COLUMNS = `r.id, r.content, r.path, r.root, c.name AS camera, r.size, r.start, r.start_from AS startFrom, r.duration,
  r.state, r.tries, r.code, r.message, r.frames, r.looks AS passes, r.keyframes, r.cues, r.seconds, r.track, r.ended,
  r.night AS session`;
const FROM = 'FROM recordings r JOIN cameras c ON c.id = r.camera';

/** The id of a camera, which is added if it is new. */
export function cameraId(db: Database, name: string): number {
  db.prepare('INSERT INTO cameras (name) VALUES (?) ON CONFLICT DO NOTHING').run(name);
  return (db.prepare('SELECT id FROM cameras WHERE name = ?').get(name) as { id: number }).id;
}

/** The names of all cameras, in order. */
export function cameraNames(db: Database): string[] {
  return (db.prepare('SELECT name FROM cameras ORDER BY name').all() as { name: string }[]).map(({ name }) => name);
}

/** Recordings that match an SQL condition over `recordings r`, in order of their start. */
export function recordingsWhere(db: Database, condition: string, ...values: readonly unknown[]): Recording[] {
  return db
    .prepare(`SELECT ${COLUMNS} ${FROM} WHERE ${condition} ORDER BY r.start, r.id`)
    .all(...values) as Recording[];
}

/** The recording with a fingerprint, if it was ever registered. */
export function recordingOf(db: Database, content: string): Recording | undefined {
  return recordingsWhere(db, 'r.content = ?', content)[0];
}

/** Adds a complete recording, as pending. */
export function addRecording(db: Database, found: FoundRecording): Recording | undefined {
  const { content, path, root, size, start, startFrom, duration } = found;
  db.prepare(
    `INSERT INTO recordings (content, path, root, camera, size, start, start_from, duration, state, added)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?)`,
  ).run(content, path, root, cameraId(db, found.camera), size, start, startFrom, duration, Date.now());
  return recordingOf(db, content);
}

/** How much the start that is derived from the time of the last change may move when a file grows. */
const SAME_START_MS = 2000;

/**
 * Removes earlier recordings with the same path and an overlapping time: the file has grown or was rewritten, and would be
 * found twice. A recording that a later one has overwritten stays.
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

/** Records that a recording has been moved or renamed. */
export function moveRecording(db: Database, id: number, path: string, root: string): void {
  db.prepare('UPDATE recordings SET path = ?, root = ? WHERE id = ?').run(path, root, id);
}

/** Makes a recording pending again: one that was gone, or one whose failure may have passed. */
export function reviveRecording(db: Database, id: number): void {
  db.prepare("UPDATE recordings SET state = 'pending', tries = 0 WHERE id = ?").run(id);
}

/** Records a failed attempt. The recording stays pending where another attempt may succeed. */
export function failRecording(
  db: Database,
  id: number,
  session: number,
  { code, message, retryable }: Failure,
): RecordingState {
  const { tries } = db.prepare('SELECT tries FROM recordings WHERE id = ?').get(id) as { tries: number };
  const state = retryable && tries + 1 < MOST_TRIES ? 'pending' : code === 'recording-gone' ? 'gone' : 'failed';
  db.prepare(
    'UPDATE recordings SET state = ?, tries = ?, code = ?, message = ?, ended = ?, night = ? WHERE id = ?',
  ).run(state, tries + 1, code, message, Date.now(), session, id);
  return state;
}

/** Records why a recording waits although nothing is wrong with it. */
export function holdRecording(db: Database, id: number, { code, message }: Failure): void {
  db.prepare('UPDATE recordings SET code = ?, message = ? WHERE id = ?').run(code, message, id);
}

import { TEXT_PREFIX } from '../../pipeline/screen-text/announcement.ts';
import { type Database, stateError } from './database.ts';
import { type EventSupport, supportReader } from './event-support.ts';
import { cameraWord, firstIdAt, startOfId } from './index-cues.ts';
import { isLivePath } from './live-cues.ts';
import { type QueryOptions, toMatch } from './query.ts';
import { segmentReader } from './segments.ts';

/** A search. */
export interface SearchRequest extends QueryOptions {
  /** As the user typed it. */
  readonly words: string;
  /** Name of a camera; case does not matter. */
  readonly camera?: string | undefined;
  /** Milliseconds since 1970: cues that start at or after. */
  readonly since?: number | undefined;
  /** Cues that start before. */
  readonly until?: number | undefined;
  /** Return at most this many hits, the newest. */
  readonly limit: number;
}

/** A cue that was found. Times are milliseconds since 1970, except `offset`. */
export interface Hit {
  /** Identifies the cue for `export`. */
  readonly id: string;
  readonly camera: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly confidence: number;
  /** Something moved. */
  readonly moving: boolean;
  /** Path of the recording; of a live stream, that of the file which another program recorded, or `live:CAMERA`. */
  readonly file: string;
  /** Position in the recording, in milliseconds. */
  readonly offset: number;
  readonly recording: number;
  /** Index of the keyframe that its picture shows. */
  readonly picture: number | null;
  /** Of a caption of an event: how many of its keyframes say the same; null for other captions. */
  readonly support: EventSupport | null;
}

interface Row {
  readonly id: number;
  readonly camera: string;
  readonly end: number;
  readonly text: string;
  readonly confidence: number;
  readonly moving: number;
  readonly file: string;
  readonly began: number;
  readonly recording: number;
  readonly picture: number | null;
}

const COLUMNS = `q.id, c.name AS camera, q.end, q.text, q.confidence, q.moving, r.path AS file, r.start AS began,
  q.recording, q.picture`;
const JOINED = 'JOIN recordings r ON r.id = q.recording JOIN cameras c ON c.id = r.camera';
const LAST_ID = Number.MAX_SAFE_INTEGER;

function hitsOf(db: Database, rows: readonly unknown[]): Hit[] {
  const supportOf = supportReader(db);
  const segmentOf = segmentReader(db);
  // Field by field: libsql adds fields of its own to a row.
  return (rows as Row[]).map(({ id, camera, end, text, confidence, moving, file, began, recording, picture }) => {
    const start = startOfId(id);
    const segment = isLivePath(file) ? segmentOf(recording, start) : undefined;
    return {
      ...{ id: id.toString(36), camera, start, end, text, confidence, moving: moving === 1 },
      ...{ file: segment?.file ?? file, offset: start - (segment?.start ?? began), recording, picture },
      // What is read in the picture is no event.
      support: text.startsWith(TEXT_PREFIX) ? null : supportOf(recording, picture),
    };
  });
}

/**
 * The newest cues that match, newest first. An unknown camera has no hits. Throws `nothing-to-search`;
 * `state-unusable` where the file is damaged.
 */
export function searchCues(db: Database, file: string, request: SearchRequest): Hit[] {
  const { words, exact, camera, since, until, limit } = request;
  let word: string | undefined;
  if (camera !== undefined) {
    const known = db.prepare('SELECT id FROM cameras WHERE name = ? COLLATE NOCASE').get(camera);
    if (known === undefined) return [];
    word = cameraWord((known as { id: number }).id);
  }
  const match = toMatch(words, { exact, ...(word === undefined ? {} : { camera: word }) });
  try {
    // libsql binds numbers as REAL, which FTS5 does not use as a bound: it would read all newer rows first.
    const rows = db
      .prepare(
        `SELECT ${COLUMNS} FROM (
           SELECT rowid FROM words
           WHERE words MATCH ? AND rowid >= CAST(? AS INTEGER) AND rowid < CAST(? AS INTEGER)
           ORDER BY rowid DESC LIMIT ?
         ) w JOIN cues q ON q.id = w.rowid ${JOINED} ORDER BY q.id DESC`,
      )
      .all(match, since === undefined ? 0 : firstIdAt(since), until === undefined ? LAST_ID : firstIdAt(until), limit);
    return hitsOf(db, rows);
  } catch (error) {
    throw stateError(file, error);
  }
}

/** How many cues of text in the picture, which is no caption, may be newer than a camera's latest caption. */
const MOST_TEXTS = 50;

/** A camera's latest caption; undefined where it has none. */
export function latestCue(db: Database, camera: number): Hit | undefined {
  const rows = db
    .prepare(
      `SELECT ${COLUMNS} FROM (SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ${MOST_TEXTS}) w
       JOIN cues q ON q.id = w.rowid ${JOINED} ORDER BY q.id DESC`,
    )
    .all(`camera : "${cameraWord(camera)}"`) as Row[];
  const row = rows.find(({ text }) => !text.startsWith(TEXT_PREFIX)) ?? rows[0];
  return row === undefined ? undefined : hitsOf(db, [row])[0];
}

/** The cue with an id that a search returned; undefined where it does not exist (any more). */
export function cueById(db: Database, id: string): Hit | undefined {
  const number = /^[0-9a-z]{1,11}$/.test(id) ? Number.parseInt(id, 36) : Number.NaN;
  if (!Number.isSafeInteger(number)) return undefined;
  const row = db.prepare(`SELECT ${COLUMNS} FROM cues q ${JOINED} WHERE q.id = ?`).get(number);
  return row === undefined ? undefined : hitsOf(db, [row])[0];
}

/** The cues that start within a span of time, in order. */
export function cuesBetween(db: Database, since: number, until: number): Hit[] {
  const rows = db
    .prepare(`SELECT ${COLUMNS} FROM cues q ${JOINED} WHERE q.id >= ? AND q.id < ? ORDER BY q.id`)
    .all(firstIdAt(since), firstIdAt(until));
  return hitsOf(db, rows);
}

/** A recording's cues that match, in order. */
export function cuesOfRecording(db: Database, recording: number, words: string, { exact }: QueryOptions = {}): Hit[] {
  const rows = db
    .prepare(
      `SELECT ${COLUMNS} FROM cues q ${JOINED} WHERE q.recording = ? AND q.id IN (
         SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN
           (SELECT min(id) FROM cues WHERE recording = ?) AND (SELECT max(id) FROM cues WHERE recording = ?)
       ) ORDER BY q.id`,
    )
    .all(recording, toMatch(words, { exact }), recording, recording);
  return hitsOf(db, rows);
}

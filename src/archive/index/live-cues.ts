import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { outputError } from '../../storage/errors.ts';
import { cameraId } from '../recordings/recordings.ts';
import type { Database } from './database.ts';
import { addSupport, type EventSupport } from './event-support.ts';
import { cameraWord, firstIdAt } from './index-cues.ts';
import { addSegment } from './segments.ts';
import { pictureFile } from './thumbnails.ts';

/** A cue of a live stream. Times are milliseconds since 1970. */
export interface LiveCueRecord {
  readonly camera: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly confidence: number;
  /** Something moved. */
  readonly moving: boolean;
  /** JPEG. */
  readonly picture?: Uint8Array | undefined;
  /** The file in which another program has recorded its start, and when that file begins. */
  readonly segment?: { readonly file: string; readonly start: number } | undefined;
  /** Of an event: how many of its frames say the same. */
  readonly support?: EventSupport | undefined;
}

const HOUR_MS = 3_600_000;

/** Stands where recordings have a path, which is absolute: a live stream has no file. */
const LIVE = 'live:';

/** True for the path of a live stream. */
export function isLivePath(file: string): boolean {
  return file.startsWith(LIVE);
}

function hourOf(start: number): number {
  return Math.floor(start / HOUR_MS) * HOUR_MS;
}

function contentOf(camera: string, start: number): string {
  return `live ${hourOf(start)} ${camera}`;
}

/** The recording that stands for an hour of a live stream; it begins with its first cue. */
function liveRecording(db: Database, { camera, start }: LiveCueRecord): number {
  const content = contentOf(camera, start);
  const known = db.prepare('SELECT id FROM recordings WHERE content = ?');
  const find = (): number | undefined => (known.get(content) as { id: number } | undefined)?.id;
  const found = find();
  if (found !== undefined) return found;
  db.prepare(
    `INSERT INTO recordings (content, path, root, camera, size, start, start_from, duration, state, keyframes, cues, seconds, added)
     VALUES (?, ?, ?, ?, 0, ?, 'live', 0, 'done', 0, 0, 0, ?)`,
  ).run(content, `${LIVE}${camera}`, LIVE, cameraId(db, camera), start, Date.now());
  return find() ?? 0;
}

/** The words of a cue, as searches find them. */
function writeWords(db: Database, id: number, { camera, text }: LiveCueRecord): void {
  const word = cameraWord(cameraId(db, camera));
  db.prepare('INSERT INTO words (rowid, text, camera) VALUES (?, ?, ?)').run(id, text, word);
}

function endsAt(db: Database, recording: number, end: number, cues: 0 | 1): void {
  db.prepare(
    'UPDATE recordings SET duration = max(duration, ? - start), cues = cues + ?, keyframes = keyframes + ?, ended = ? WHERE id = ?',
  ).run(end, cues, cues, Date.now(), recording);
}

interface StoredCue {
  readonly id: number;
  readonly text: string;
  readonly picture: number | null;
}

/** The cue of a source that begins at `start`. */
function storedCue(db: Database, recording: number, start: number): StoredCue | undefined {
  const found = db.prepare('SELECT id, text, picture FROM cues WHERE id >= ? AND id < ? AND recording = ?');
  return found.get(firstIdAt(start), firstIdAt(start + 1), recording) as StoredCue | undefined;
}

/** The same cue once more: it has lasted longer, or another wording was found. */
function updateCue(
  db: Database,
  recording: number,
  { id, text: before }: StoredCue,
  cue: LiveCueRecord,
  picture: number | null,
): void {
  const { end, text, confidence } = cue;
  const set = 'UPDATE cues SET end = ?, confidence = ?, text = ?, picture = ? WHERE id = ?';
  db.prepare(set).run(end, confidence, text, picture, id);
  if (text !== before) {
    db.prepare('DELETE FROM words WHERE rowid = ?').run(id);
    writeWords(db, id, cue);
  }
  keepSupport(db, recording, cue, picture);
  endsAt(db, recording, end, 0);
}

/** Support is found by the picture of a cue. */
function keepSupport(db: Database, recording: number, { support }: LiveCueRecord, picture: number | null): void {
  if (support !== undefined && picture !== null)
    addSupport(db, recording, { ...support, first: picture, last: picture });
}

function insertCue(db: Database, recording: number, cue: LiveCueRecord, picture: number | null): void {
  const { start, end, text, confidence, moving } = cue;
  const first = firstIdAt(start);
  const free = db.prepare('SELECT 1 FROM cues WHERE id = ?');
  let id = first;
  while (free.get(id) !== undefined) id += 1;
  const values = [id, recording, end, confidence, text, moving ? 1 : 0, picture];
  db.prepare('INSERT INTO cues VALUES (?, ?, ?, ?, ?, ?, ?)').run(...values);
  writeWords(db, id, cue);
  keepSupport(db, recording, cue, picture);
  endsAt(db, recording, end, 1);
}

/** Removes a cue that did not hold: the frames of its event agree on nothing. */
export function removeLiveCue(db: Database, { camera, start }: Pick<LiveCueRecord, 'camera' | 'start'>): void {
  const remove = db.transaction(() => {
    const of = db.prepare('SELECT id FROM recordings WHERE content = ?').get(contentOf(camera, start));
    if (of === undefined) return;
    const { id: recording } = of as { id: number };
    const cue = storedCue(db, recording, start);
    if (cue === undefined) return;
    db.prepare('DELETE FROM words WHERE rowid = ?').run(cue.id);
    db.prepare('DELETE FROM cues WHERE id = ?').run(cue.id);
    db.prepare('UPDATE recordings SET cues = cues - 1, keyframes = keyframes - 1 WHERE id = ?').run(recording);
  });
  remove.immediate();
}

async function writePicture(file: string, picture: Uint8Array): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, picture, { mode: 0o600 });
  } catch (error) {
    throw outputError(error, `write the picture ${file}`);
  }
}

/**
 * Adds a cue of a live stream to the index, or what has become of one: a source has one cue with a start. Searches find it at once. The same cue
 * may be added again after a failure or a kill.
 * @param stateFile the file of `db`
 */
export async function addLiveCue(db: Database, stateFile: string, cue: LiveCueRecord): Promise<void> {
  const { start } = cue;
  const recording = db.transaction(() => liveRecording(db, cue)).immediate();
  const known = storedCue(db, recording, start);
  let picture = known?.picture ?? null;
  if (cue.picture !== undefined && picture === null) {
    picture = start - hourOf(start);
    await writePicture(pictureFile(stateFile, recording, picture), cue.picture);
  }
  const store = db.transaction(() => {
    if (cue.segment !== undefined) addSegment(db, recording, cue.segment, start);
    const stored = storedCue(db, recording, start);
    if (stored === undefined) insertCue(db, recording, cue, picture);
    else updateCue(db, recording, stored, cue, picture);
  });
  store.immediate();
}

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { outputError } from '../../storage/errors.ts';
import { cameraId } from '../recordings/recordings.ts';
import type { Database } from './database.ts';
import { cameraWord, firstIdAt } from './index-cues.ts';
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

/** The recording that stands for an hour of a live stream; it begins with its first cue. */
function liveRecording(db: Database, { camera, start }: LiveCueRecord): number {
  const content = `live ${hourOf(start)} ${camera}`;
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

/** The same cue once more: it has lasted longer, or a more confident wording was found. */
function updateCue(db: Database, recording: number, cue: LiveCueRecord): boolean {
  const { start, end, text, confidence } = cue;
  const same = 'SELECT id, text FROM cues WHERE id >= ? AND id < ? AND recording = ?';
  const known = db.prepare(same).get(firstIdAt(start), firstIdAt(start + 1), recording);
  if (known === undefined) return false;
  const { id, text: before } = known as { id: number; text: string };
  const set = 'UPDATE cues SET end = ?, confidence = ?, text = ? WHERE id = ?';
  db.prepare(set).run(end, confidence, text, id);
  if (text !== before) {
    db.prepare('DELETE FROM words WHERE rowid = ?').run(id);
    writeWords(db, id, cue);
  }
  endsAt(db, recording, end, 0);
  return true;
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
  endsAt(db, recording, end, 1);
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
  const recording = db.transaction(() => liveRecording(db, cue)).immediate();
  if (db.transaction(() => updateCue(db, recording, cue)).immediate()) return;
  const picture = cue.picture === undefined ? null : cue.start - hourOf(cue.start);
  if (cue.picture !== undefined && picture !== null) {
    await writePicture(pictureFile(stateFile, recording, picture), cue.picture);
  }
  db.transaction(() => insertCue(db, recording, cue, picture)).immediate();
}

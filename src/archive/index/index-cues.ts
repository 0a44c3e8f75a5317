import { z } from 'zod';
import type { Caption, Cue, VideoEvent } from '../../core/types.ts';
import { toMilliseconds } from '../../pipeline/cues/time.ts';
import type { TrackSummary, TrackWriter } from '../../pipeline/formats/track-writer.ts';
import { splitAnnouncement, TEXT_PREFIX } from '../../pipeline/screen-text/announcement.ts';
import { isOverlay } from '../../pipeline/screen-text/overlay.ts';
import type { TextPiece } from '../../pipeline/screen-text/text-pieces.ts';
import { cameraId, type Recording } from '../recordings/recordings.ts';
import { type Database, readFact, stateError, writeFact } from './database.ts';
import { type SupportedEvent, supportFact, writeSupport } from './event-support.ts';
import { segmentsFact } from './segments.ts';

/** Ids per millisecond: `start * 1024 + n` stays a safe integer until the year 2248. */
const IDS_A_MILLISECOND = 1024;
/** Cues that are staged in one transaction. */
const BATCH = 200;
/** Events of one recording whose support is kept; later ones have none. */
const MOST_EVENTS = 100_000;

/** The lowest id of a cue that starts at `time` (milliseconds since 1970) or later. */
export function firstIdAt(time: number): number {
  return Math.round(time) * IDS_A_MILLISECOND;
}

/** When the cue with an id starts. */
export function startOfId(id: number): number {
  return Math.floor(id / IDS_A_MILLISECOND);
}

/** The word that stands for a camera in the full-text index; no user would type it. */
export function cameraWord(camera: number): string {
  return `camera${camera}x`;
}

/** How a recording was captioned, for the record. */
export interface CaptioningRecord {
  readonly frames: string;
  readonly passes: 1 | 2;
  /** Path of the track. */
  readonly track: string;
  /** `performance.now()` at the start. */
  readonly began: number;
  /** Id of the session. */
  readonly session: number;
}

/** Called in the transaction that publishes a recording's cues; see `outbox.ts`. */
export type OnIndexed = (recording: Recording) => void;

interface Pending {
  cue: Cue;
  confidence: number;
  moving: boolean;
}

/**
 * Indexes a recording's cues. They are staged until the last one is known; then one transaction publishes all of them and
 * marks the recording as done, so that none is ever found twice. The parts of a long caption are joined.
 */
export class IndexWriter implements TrackWriter {
  readonly #db: Database;
  readonly #file: string;
  readonly #recording: Recording;
  readonly #record: CaptioningRecord;
  readonly #zero: number;
  readonly #onIndexed: OnIndexed;
  /** Facts of the keyframes that coming cues may refer to. */
  readonly #frames = new Map<number, { confidence: number; moving: boolean }>();
  #last: Pending | undefined;
  #due: Pending[] = [];
  /** The first reading of the clock in the picture, and the recording's own time at it. */
  #clock: ShownClock | undefined;
  readonly #events: SupportedEvent[] = [];
  #keyframes = 0;
  #failed = 0;
  #cues = 0;
  #ended = false;

  /** @param file the state file, for messages */
  constructor(db: Database, file: string, recording: Recording, record: CaptioningRecord, onIndexed: OnIndexed) {
    this.#db = db;
    this.#file = file;
    this.#recording = recording;
    this.#record = record;
    this.#zero = recording.start;
    this.#onIndexed = onIndexed;
    this.#guarded(() => this.#db.prepare('DELETE FROM staged WHERE recording = ?').run(recording.id));
  }

  async caption({ index, still, confidence, error }: Caption): Promise<void> {
    this.#keyframes += 1;
    // The first keyframe is compared with nothing, so it shows no movement.
    if (error === undefined) this.#frames.set(index, { confidence, moving: !still && index > 0 });
    else this.#failed += 1;
  }

  async cue(cue: Cue): Promise<void> {
    const known = cue.from.map((index) => this.#frames.get(index)).filter((frame) => frame !== undefined);
    const last = this.#last;
    if (last !== undefined && last.cue.from[0] === cue.from[0] && last.cue.from.at(-1) === cue.from.at(-1)) {
      last.cue = { ...cue, start: last.cue.start, text: `${last.cue.text} ${cue.text}` };
      return;
    }
    this.#flushLast();
    this.#last = {
      cue,
      confidence: Math.max(0, ...known.map((frame) => frame.confidence)),
      moving: known.some(({ moving }) => moving),
    };
    for (const index of this.#frames.keys()) if (index < (cue.from[0] ?? 0)) this.#frames.delete(index);
    if (this.#due.length >= BATCH) this.#stage();
  }

  async event({ first, last, support, frames }: VideoEvent): Promise<void> {
    if (this.#events.length < MOST_EVENTS) this.#events.push({ first, last, support, frames });
  }

  /** Text in the picture becomes a cue of its own. Of the camera's clock, the first reading is kept; its name is left out. */
  async text({ text, kind, start, end, confidence, from, ...box }: TextPiece): Promise<void> {
    if (kind === 'clock') this.#clock ??= { text, at: this.#zero + toMilliseconds(start) };
    if (kind === 'clock' || isOverlay(box)) return;
    const cue = { start, end, text: TEXT_PREFIX + text, from: [...from] };
    this.#due.push({ cue, confidence, moving: false });
    if (this.#due.length >= BATCH) this.#stage();
  }

  #flushLast(): void {
    // Text in the picture has entries of its own.
    const last = this.#last;
    const text = last === undefined ? '' : withoutAnnouncement(last.cue.text.replace(/\s+/g, ' ').trim());
    if (last !== undefined && text !== '') this.#due.push({ ...last, cue: { ...last.cue, text } });
    this.#last = undefined;
  }

  #guarded<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw stateError(this.#file, error);
    }
  }

  #stage(): void {
    const due = this.#due.splice(0);
    this.#cues += due.length;
    this.#guarded(() =>
      this.#db
        .transaction(() => {
          const insert = this.#db.prepare('INSERT INTO staged VALUES (?, ?, ?, ?, ?, ?, ?)');
          for (const { cue, confidence, moving } of due) {
            const { text } = cue;
            const start = this.#zero + toMilliseconds(cue.start);
            const end = this.#zero + toMilliseconds(cue.end);
            insert.run(this.#recording.id, start, end, confidence, text, moving ? 1 : 0, cue.from[0] ?? null);
          }
        })
        .immediate(),
    );
  }

  async finish({ end, damage }: TrackSummary) {
    if (!this.#ended) {
      this.#ended = true;
      this.#flushLast();
      this.#stage();
      const failed =
        this.#failed === 0
          ? undefined
          : { code: 'captions-failed', message: `${this.#failed} of ${this.#keyframes} keyframes got no caption` };
      this.#guarded(() => this.#db.transaction(() => this.#publish(damage ?? failed)).immediate());
    }
    return { bytes: 0, sha256: '', end };
  }

  #publish(problem: { readonly code: string; readonly message: string } | undefined): void {
    const db = this.#db;
    const { id, camera } = this.#recording;
    const { frames, passes, track, began, session } = this.#record;
    dropCues(db, id);
    const rows = db.prepare('SELECT * FROM staged WHERE recording = ? ORDER BY start').all(id) as CueRow[];
    insertCues(db, id, cameraId(db, camera), rows);
    db.prepare('DELETE FROM staged WHERE recording = ?').run(id);
    db.prepare(
      `UPDATE recordings SET state = ?, code = ?, message = ?, frames = ?, looks = ?, keyframes = ?, cues = ?, seconds = ?,
       track = ?, ended = ?, night = ?, tries = tries + 1 WHERE id = ?`,
    ).run(
      problem === undefined ? 'done' : 'partial',
      problem?.code ?? null,
      problem?.message ?? null,
      frames,
      passes,
      this.#keyframes,
      this.#cues,
      (performance.now() - began) / 1000,
      track,
      Date.now(),
      session,
      id,
    );
    writeSupport(db, id, this.#events);
    if (this.#clock !== undefined) writeFact(db, clockFact(id), JSON.stringify(this.#clock));
    this.#onIndexed(this.#recording);
  }

  async abort(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    // What a kill leaves behind is deleted when the recording is captioned again.
    this.#guarded(() => this.#db.prepare('DELETE FROM staged WHERE recording = ?').run(this.#recording.id));
  }
}

function withoutAnnouncement(text: string): string {
  return splitAnnouncement(text)?.caption ?? text;
}

/** A clock in the picture of a recording, as it was read. */
export interface ShownClock {
  readonly text: string;
  /** The recording's own time at that frame, milliseconds since 1970. */
  readonly at: number;
}

const clockFact = (recording: number) => `clock of ${recording}`;

/** The clock in the picture of a recording; undefined where none was read. */
export function shownClock(db: Database, recording: number): ShownClock | undefined {
  const fact = readFact(db, clockFact(recording));
  return fact === undefined ? undefined : z.object({ text: z.string(), at: z.number() }).parse(JSON.parse(fact));
}

interface CueRow {
  readonly start: number;
  readonly end: number;
  readonly confidence: number;
  readonly text: string;
  readonly moving: number;
  readonly picture: number | null;
}

function insertCues(db: Database, recording: number, camera: number, rows: readonly CueRow[]): void {
  const word = cameraWord(camera);
  const free = db.prepare('SELECT 1 FROM cues WHERE id = ?');
  const insert = db.prepare('INSERT INTO cues VALUES (?, ?, ?, ?, ?, ?, ?)');
  const insertWords = db.prepare('INSERT INTO words (rowid, text, camera) VALUES (?, ?, ?)');
  for (const { start, end, confidence, text, moving, picture } of rows) {
    let cue = firstIdAt(start);
    while (free.get(cue) !== undefined) cue += 1;
    insert.run(cue, recording, end, confidence, text, moving, picture);
    insertWords.run(cue, text, word);
  }
}

function deleteCues(db: Database, recording: number): void {
  db.prepare('DELETE FROM words WHERE rowid IN (SELECT id FROM cues WHERE recording = ?)').run(recording);
  db.prepare('DELETE FROM cues WHERE recording = ?').run(recording);
}

/**
 * Moves a recording's cues by `shift` milliseconds, with its clock's reading, and to a camera. Ids of cues change with their times. Call it
 * inside a transaction.
 */
export function moveCues(db: Database, recording: number, camera: number, shift: number): void {
  const rows = db.prepare('SELECT * FROM cues WHERE recording = ? ORDER BY id').all(recording) as (CueRow & {
    readonly id: number;
  })[];
  deleteCues(db, recording);
  const moved = rows.map((row) => ({ ...row, start: startOfId(row.id) + shift, end: row.end + shift }));
  insertCues(db, recording, camera, moved);
  const clock = shownClock(db, recording);
  if (clock !== undefined) writeFact(db, clockFact(recording), JSON.stringify({ ...clock, at: clock.at + shift }));
}

/** Removes a recording's cues, their support, and what was read of its clock, from the index. Call it inside a transaction. */
export function dropCues(db: Database, recording: number): void {
  deleteCues(db, recording);
  db.prepare('DELETE FROM facts WHERE name IN (?, ?, ?)').run(
    clockFact(recording),
    supportFact(recording),
    segmentsFact(recording),
  );
}

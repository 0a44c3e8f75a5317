import path from 'node:path';
import { clockInName } from '../clock/wall-clock.ts';
import { type Database, readFact, writeFact } from '../index/database.ts';
import { moveCues } from '../index/index-cues.ts';
import { cameraId, type Recording, recordingsWhere } from './recordings.ts';
import { cameraOf } from './register.ts';
import { knownChange } from './seen-files.ts';

/** How the names of recordings are read. */
export interface NameReading {
  /** Watched folders. */
  readonly roots: readonly string[];
  readonly zone: string;
  readonly names?: RegExp | undefined;
}

/** Counts up when built-in patterns change, so that recordings of earlier releases are read again. */
const PATTERNS_VERSION = 2;

const readingFact = (root: string) => `names in ${root}`;

/** What `recording`'s name says now, where that is not what is recorded. */
function correctionOf(
  db: Database,
  recording: Recording,
  { zone, names }: NameReading,
): Pick<Recording, 'start' | 'startFrom' | 'camera'> | undefined {
  const { root, duration } = recording;
  const name = path.relative(root, recording.path).split(path.sep).join('/');
  const changed = knownChange(db, recording.path);
  const clock = clockInName({ path: name, zone, changed, duration, names });
  if (clock === undefined) return undefined;
  const { start, from: startFrom } = clock;
  const camera = cameraOf({ name, root }, clock.camera);
  const same = start === recording.start && startFrom === recording.startFrom && camera === recording.camera;
  return same ? undefined : { start, startFrom, camera };
}

/**
 * Reads the names of all recordings in the watched folders again, where `--names`, `--zone` or the built-in patterns are others than in the
 * last run, and corrects their times and cameras: captions, pictures and tracks stay. Names without a time change nothing. Returns how
 * many were corrected.
 */
export function redateRecordings(db: Database, reading: NameReading): number {
  const { roots, zone, names } = reading;
  const key = JSON.stringify([PATTERNS_VERSION, zone, names?.source ?? null]);
  let corrected = 0;
  for (const root of roots) {
    if (readFact(db, readingFact(root)) === key) continue;
    for (const recording of recordingsWhere(db, 'r.root = ?', root)) {
      const correction = correctionOf(db, recording, reading);
      if (correction === undefined) continue;
      const { start, startFrom } = correction;
      const set = 'UPDATE recordings SET start = ?, start_from = ?, camera = ? WHERE id = ?';
      const apply = db.transaction(() => {
        const camera = cameraId(db, correction.camera);
        db.prepare(set).run(start, startFrom, camera, recording.id);
        moveCues(db, recording.id, camera, start - recording.start);
      });
      apply.immediate();
      corrected += 1;
    }
    writeFact(db, readingFact(root), key);
  }
  return corrected;
}

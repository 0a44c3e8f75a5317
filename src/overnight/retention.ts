import { dropCues } from './cues.ts';
import type { Database } from './database.ts';
import { pictureBytes, prunePictures } from './pictures.ts';
import { recordingsWhere } from './recordings.ts';

/** What is kept. Both absent: everything. */
export interface Retention {
  /** Cues and pictures of recordings that began earlier go. */
  readonly days?: number | undefined;
  /** Pictures of the oldest recordings go until all take no more than this. */
  readonly bytes?: number | undefined;
}

/** What went. */
export interface Pruned {
  readonly recordings: number;
  readonly pictures: number;
}

const DAY_MS = 86_400_000;

/**
 * Prunes the archive by age and by size. That a recording was described stays known, so that none is described again; its
 * track stays too. Throws the system's errors where pictures cannot be removed.
 */
export async function prune(
  db: Database,
  stateFile: string,
  { days, bytes }: Retention,
  now: number = Date.now(),
): Promise<Pruned> {
  let recordings = 0;
  let pictures = 0;
  if (days !== undefined) {
    const old = recordingsWhere(
      db,
      'r.start < ? AND EXISTS (SELECT 1 FROM cues q WHERE q.recording = r.id)',
      now - days * DAY_MS,
    );
    for (const { id } of old) {
      db.transaction(() => dropCues(db, id)).immediate();
      await prunePictures(stateFile, id, new Set());
      recordings += 1;
    }
  }
  if (bytes !== undefined) {
    let total = 0;
    const sized: { id: number; size: number }[] = [];
    for (const { id } of recordingsWhere(db, 'r.ended IS NOT NULL')) {
      const size = await pictureBytes(stateFile, id);
      if (size > 0) sized.push({ id, size });
      total += size;
    }
    for (const { id, size } of sized) {
      if (total <= bytes) break;
      await prunePictures(stateFile, id, new Set());
      db.prepare('UPDATE cues SET picture = NULL WHERE recording = ?').run(id);
      total -= size;
      pictures += 1;
    }
  }
  return { recordings, pictures };
}

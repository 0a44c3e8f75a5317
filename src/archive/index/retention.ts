import { existsSync } from 'node:fs';
import { recordingsWhere } from '../recordings/recordings.ts';
import type { Database } from './database.ts';
import { dropCues } from './index-cues.ts';
import { pictureBytes, prunePictures } from './thumbnails.ts';

/** What is kept. Both absent: everything. */
export interface Retention {
  /** Cues and pictures of recordings that began earlier go. */
  readonly days?: number | undefined;
  /** What is known of the oldest recordings goes until all takes no more than this: first pictures, then cues. */
  readonly bytes?: number | undefined;
}

/** How many recordings lost what. */
export interface Pruned {
  readonly cues: number;
  readonly pictures: number;
}

const DAY_MS = 86_400_000;
/** Work at the full-text index in one go, in pages: what was dropped from it is freed by and by. */
const MERGE_PAGES = 500;

/** Bytes of the state file that are in use. */
function usedBytes(db: Database): number {
  const of = (pragma: string): number => Object.values(db.prepare(`PRAGMA ${pragma}`).get() as object)[0] as number;
  return (of('page_count') - of('freelist_count')) * of('page_size');
}

/** Gives what was dropped back to the disk. `whole`: the full-text index too, which takes seconds where it is large. */
function compact(db: Database, whole: boolean): void {
  if (whole) db.prepare("INSERT INTO words(words) VALUES ('optimize')").run();
  else db.prepare("INSERT INTO words(words, rank) VALUES ('merge', ?)").run(BigInt(MERGE_PAGES));
  db.exec('PRAGMA incremental_vacuum');
}

async function pruneByAge(db: Database, stateFile: string, before: number): Promise<number> {
  const old = recordingsWhere(db, 'r.start < ? AND EXISTS (SELECT 1 FROM cues q WHERE q.recording = r.id)', before);
  for (const { id } of old) {
    db.transaction(() => dropCues(db, id)).immediate();
    await prunePictures(stateFile, id, new Set());
  }
  // What is there no more cannot be found again, so it need not be known.
  const ended = recordingsWhere(db, "r.start < ? AND r.state <> 'pending'", before);
  for (const { id, path, content } of ended) {
    if (existsSync(path)) continue;
    db.transaction(() => {
      dropCues(db, id);
      db.prepare('DELETE FROM files WHERE content = ?').run(content);
      db.prepare('DELETE FROM recordings WHERE id = ?').run(id);
    }).immediate();
  }
  return old.length;
}

async function pruneBySize(db: Database, stateFile: string, most: number): Promise<Pruned> {
  const described = recordingsWhere(db, 'EXISTS (SELECT 1 FROM cues q WHERE q.recording = r.id)');
  const sizes = new Map<number, number>();
  for (const { id } of described) sizes.set(id, await pictureBytes(stateFile, id));
  let shown = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  let used = usedBytes(db);
  let pictures = 0;
  let cues = 0;
  for (const { id } of described) {
    const size = sizes.get(id) ?? 0;
    if (shown + used <= most) break;
    if (size === 0) continue;
    await prunePictures(stateFile, id, new Set());
    db.prepare('UPDATE cues SET picture = NULL WHERE recording = ?').run(id);
    shown -= size;
    pictures += 1;
  }
  // A few at a time: only afterwards is to be seen what that freed.
  while (shown + used > most && cues < described.length) {
    const some = described.slice(cues, cues + Math.max(1, Math.ceil(described.length / 10)));
    db.transaction(() => {
      for (const { id } of some) dropCues(db, id);
    }).immediate();
    cues += some.length;
    compact(db, true);
    used = usedBytes(db);
  }
  return { cues, pictures };
}

/**
 * Prunes the archive by age and by size. That a recording was described stays known for as long as its file is there, so
 * that none is described again; tracks stay too. Throws the system's errors where pictures cannot be removed.
 */
export async function prune(
  db: Database,
  stateFile: string,
  { days, bytes }: Retention,
  now: number = Date.now(),
): Promise<Pruned> {
  const aged = days === undefined ? 0 : await pruneByAge(db, stateFile, now - days * DAY_MS);
  const sized = bytes === undefined ? { cues: 0, pictures: 0 } : await pruneBySize(db, stateFile, bytes);
  if (aged > 0 && sized.cues === 0) compact(db, false);
  return { cues: aged + sized.cues, pictures: aged + sized.pictures };
}

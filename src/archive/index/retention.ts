import { existsSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { recordingsWhere } from '../recordings/recordings.ts';
import type { Database } from './database.ts';
import { dropCues } from './index-cues.ts';
import { pictureBytes, prunePictures } from './thumbnails.ts';

/** What is kept. Both absent: everything. */
export interface Retention {
  /** Drop cues and pictures of recordings that began earlier than this many days ago. */
  readonly days?: number | undefined;
  /** Drop the oldest recordings' pictures, then their cues, until index and pictures take no more than this. */
  readonly bytes?: number | undefined;
}

/** How many recordings lost their cues or pictures. */
export interface Pruned {
  readonly cues: number;
  readonly pictures: number;
}

/** How a pruning runs. */
export interface PruneOptions {
  /** Milliseconds since 1970. */
  readonly now?: number;
  /** Ends compaction early. What is left is done by the next pruning. */
  readonly signal?: AbortSignal;
}

const DAY_MS = 86_400_000;
/**
 * Pages that one statement merges in the full-text index or gives back to the disk, in some ten milliseconds. libsql is
 * synchronous: a statement blocks the event loop for as long as it runs.
 */
const PAGES_PER_STATEMENT = 500;

/** How an index is compacted. */
export interface CompactOptions {
  /** Merge all of the full-text index, as FTS5's `optimize` would do in one statement. */
  readonly whole: boolean;
  /** Ends it between two statements. */
  readonly signal?: AbortSignal | undefined;
  /** Default: 500. */
  readonly pagesPerStatement?: number;
}

/** A pragma's value. */
function pragma(db: Database, name: string): number {
  return Object.values(db.prepare(`PRAGMA ${name}`).get() as object)[0] as number;
}

/** Bytes of the state file that are in use. */
function usedBytes(db: Database): number {
  return (pragma(db, 'page_count') - pragma(db, 'freelist_count')) * pragma(db, 'page_size');
}

/** Gives dropped space back to the disk, in short statements between which the event loop turns. */
export async function compact(db: Database, options: CompactOptions): Promise<void> {
  const { whole, signal, pagesPerStatement = PAGES_PER_STATEMENT } = options;
  const merge = db.prepare("INSERT INTO words(words, rank) VALUES ('merge', ?)");
  const changes = (): number => (db.prepare('SELECT total_changes() AS n').get() as { n: number }).n;
  // A negative number of pages starts a merge of the whole index, which positive ones continue.
  let pages = whole ? -pagesPerStatement : pagesPerStatement;
  for (;;) {
    const before = changes();
    merge.run(BigInt(pages));
    // Fewer than two changes: there was nothing left to merge.
    if (!whole || changes() - before < 2 || signal?.aborted === true) break;
    pages = pagesPerStatement;
    await nextTurn();
  }
  for (let free = pragma(db, 'freelist_count'); free > 0 && signal?.aborted !== true; ) {
    db.exec(`PRAGMA incremental_vacuum(${pagesPerStatement})`);
    const left = pragma(db, 'freelist_count');
    if (left >= free) break;
    free = left;
    await nextTurn();
  }
}

/** Drops a recording's cues in a transaction of its own. */
async function drop(db: Database, recording: number): Promise<void> {
  db.transaction(() => dropCues(db, recording)).immediate();
  await nextTurn();
}

async function pruneByAge(db: Database, stateFile: string, before: number): Promise<number> {
  const old = recordingsWhere(db, 'r.start < ? AND EXISTS (SELECT 1 FROM cues q WHERE q.recording = r.id)', before);
  for (const { id } of old) {
    await drop(db, id);
    await prunePictures(stateFile, id, new Set());
  }
  // A file that no longer exists cannot be found again, so its recording need not be remembered.
  const ended = recordingsWhere(db, "r.start < ? AND r.state <> 'pending'", before);
  for (const { id, path, content } of ended) {
    if (existsSync(path)) continue;
    db.transaction(() => {
      dropCues(db, id);
      db.prepare('DELETE FROM files WHERE content = ?').run(content);
      db.prepare('DELETE FROM recordings WHERE id = ?').run(id);
    }).immediate();
    await nextTurn();
  }
  return old.length;
}

async function pruneBySize(db: Database, stateFile: string, most: number, signal?: AbortSignal): Promise<Pruned> {
  const indexed = recordingsWhere(db, 'EXISTS (SELECT 1 FROM cues q WHERE q.recording = r.id)');
  const sizes = new Map<number, number>();
  for (const { id } of indexed) sizes.set(id, await pictureBytes(stateFile, id));
  let shown = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  let used = usedBytes(db);
  let pictures = 0;
  let cues = 0;
  for (const { id } of indexed) {
    const size = sizes.get(id) ?? 0;
    if (shown + used <= most) break;
    if (size === 0) continue;
    await prunePictures(stateFile, id, new Set());
    db.prepare('UPDATE cues SET picture = NULL WHERE recording = ?').run(id);
    shown -= size;
    pictures += 1;
  }
  // A tenth at a time: how much that frees is known only after compaction.
  while (shown + used > most && cues < indexed.length && signal?.aborted !== true) {
    const some = indexed.slice(cues, cues + Math.max(1, Math.ceil(indexed.length / 10)));
    for (const { id } of some) await drop(db, id);
    cues += some.length;
    await compact(db, { whole: true, signal });
    used = usedBytes(db);
  }
  return { cues, pictures };
}

/**
 * Prunes the archive by age and by size. A recording is remembered as captioned for as long as its file exists, so that it
 * is not captioned again; tracks stay too. Throws the system's errors where pictures cannot be removed.
 */
export async function prune(
  db: Database,
  stateFile: string,
  { days, bytes }: Retention,
  { now = Date.now(), signal }: PruneOptions = {},
): Promise<Pruned> {
  const aged = days === undefined ? 0 : await pruneByAge(db, stateFile, now - days * DAY_MS);
  const sized = bytes === undefined ? { cues: 0, pictures: 0 } : await pruneBySize(db, stateFile, bytes, signal);
  if (aged > 0 && sized.cues === 0) await compact(db, { whole: false, signal });
  return { cues: aged + sized.cues, pictures: aged + sized.pictures };
}

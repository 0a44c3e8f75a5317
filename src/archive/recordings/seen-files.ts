import type { Database } from '../index/database.ts';

/** The fingerprint that a file had when its mark (size, time of change, inode) was `mark`; undefined where unknown. */
export function knownContent(db: Database, path: string, mark: string): string | undefined {
  const row = db.prepare('SELECT content FROM files WHERE path = ? AND mark = ?').get(path, mark);
  return (row as { content: string } | undefined)?.content;
}

/** When a file was last changed, as far as it was seen; 0 where unknown. */
export function knownChange(db: Database, path: string): number {
  const row = db.prepare('SELECT mark FROM files WHERE path = ?').get(path) as { mark: string } | undefined;
  return Number(row?.mark.split(' ')[1] ?? 0) || 0;
}

/** Remembers a file's fingerprint, so that the file is read for it once. */
export function rememberContent(db: Database, path: string, mark: string, content: string): void {
  db.prepare(
    'INSERT INTO files VALUES (?, ?, ?) ON CONFLICT (path) DO UPDATE SET mark = excluded.mark, content = excluded.content',
  ).run(path, mark, content);
}

/** A file that is still being written, or looks like it. */
export interface Unfinished {
  readonly path: string;
  readonly camera: string;
  readonly start: number;
  readonly reason: string;
}

/** Replaces the list of unfinished files. */
export function setUnfinished(db: Database, files: readonly Unfinished[]): void {
  db.transaction(() => {
    db.prepare('DELETE FROM unfinished').run();
    const insert = db.prepare('INSERT OR REPLACE INTO unfinished VALUES (?, ?, ?, ?)');
    for (const { path, camera, start, reason } of files) insert.run(path, camera, start, reason);
  }).immediate();
}

/** The files that were unfinished at the last scan, in order of path. */
export function unfinishedFiles(db: Database): Unfinished[] {
  return db.prepare('SELECT path, camera, start, reason FROM unfinished ORDER BY path').all() as Unfinished[];
}

import type { Database } from './database.ts';
import type { Plan } from './plan.ts';

/** What a night (one window, or one run without) came to. */
export interface NightSummary {
  readonly done: number;
  readonly partial: number;
  readonly failed: number;
  /** Recordings under each plan. */
  readonly plans: Readonly<Record<Plan['name'], number>>;
  /** Milliseconds of video that were described, and of work. */
  readonly video: number;
  readonly work: number;
  /** What remained at the end: recordings, and milliseconds of video. */
  readonly remaining: number;
  readonly remainingVideo: number;
}

/** {@link NightSummary} and when it was. */
export interface Night extends NightSummary {
  readonly began: number;
  readonly ended: number | null;
  /** When its window closed. */
  readonly until: number | null;
}

/** A night in which nothing was done yet. */
export const EMPTY_NIGHT: NightSummary = {
  done: 0,
  partial: 0,
  failed: 0,
  plans: { full: 0, sparse: 0, once: 0 },
  video: 0,
  work: 0,
  remaining: 0,
  remainingVideo: 0,
};

/** Begins a night; gives its number. */
export function beginNight(db: Database, until: number | undefined): number {
  const { lastInsertRowid } = db
    .prepare('INSERT INTO nights (began, until, summary) VALUES (?, ?, ?)')
    .run(Date.now(), until ?? null, JSON.stringify(EMPTY_NIGHT));
  return Number(lastInsertRowid);
}

/** Notes how far a night has come; it counts as ended there until the next note, so that a kill leaves the truth. */
export function noteNight(db: Database, id: number, summary: NightSummary): void {
  db.prepare('UPDATE nights SET summary = ?, ended = ? WHERE id = ?').run(JSON.stringify(summary), Date.now(), id);
}

/** The nights that went on in a span of time and in which something was done or remained, in order. */
export function nightsBetween(db: Database, since: number, until: number): Night[] {
  const rows = db
    .prepare(
      'SELECT began, ended, until, summary FROM nights WHERE began < ? AND coalesce(ended, began) >= ? ORDER BY id',
    )
    .all(until, since) as { began: number; ended: number | null; until: number | null; summary: string }[];
  return rows
    .map(({ summary, ...row }) => ({ ...(JSON.parse(summary) as NightSummary), ...row }))
    .filter(({ done, partial, failed, remaining }) => done + partial + failed + remaining > 0);
}

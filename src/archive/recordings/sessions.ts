import type { Database } from '../index/database.ts';
import { PLANS, type Plan } from './plan.ts';

/** What a night (one run of `watch` in one window; without a window one run, or one day of it) came to. */
export interface SessionSummary {
  readonly done: number;
  readonly partial: number;
  readonly failed: number;
  /** Were to be described, and were there no more. */
  readonly gone: number;
  /** Recordings under each plan. */
  readonly plans: Readonly<Record<Plan['name'], number>>;
  /** Milliseconds of video that were described, and of work. */
  readonly video: number;
  readonly work: number;
  /** What remained at the end: recordings, and milliseconds of video. */
  readonly remaining: number;
  readonly remainingVideo: number;
}

/** {@link SessionSummary} and when it was. */
export interface WatchSession extends SessionSummary {
  readonly id: number;
  readonly began: number;
  readonly ended: number | null;
  /** When its window closed. */
  readonly until: number | null;
}

/** A night in which nothing was done yet. */
export const EMPTY_SESSION: SessionSummary = {
  done: 0,
  partial: 0,
  failed: 0,
  gone: 0,
  plans: { full: 0, sparse: 0, once: 0 },
  video: 0,
  work: 0,
  remaining: 0,
  remainingVideo: 0,
};

/** Begins a night; gives its number. */
export function beginSession(db: Database, until: number | undefined): number {
  const insert = db.prepare('INSERT INTO nights (began, until) VALUES (?, ?)');
  return Number(insert.run(Date.now(), until ?? null).lastInsertRowid);
}

/** Notes what a night has left so far; it counts as ended there until the next note, so that a kill leaves the truth. */
export function noteRemaining(db: Database, id: number, remaining: number, video: number): void {
  db.prepare('UPDATE nights SET remaining = ?, remaining_video = ?, ended = ? WHERE id = ?').run(
    remaining,
    video,
    Date.now(),
    id,
  );
}

interface NightRow {
  readonly id: number;
  readonly began: number;
  readonly ended: number | null;
  readonly until: number | null;
  readonly remaining: number;
  readonly remainingVideo: number;
}

interface Group {
  readonly state: string;
  readonly frames: string | null;
  readonly looks: number | null;
  readonly n: number;
  readonly video: number;
  readonly seconds: number | null;
}

/** Adds up the recordings that were dealt with in a night. */
function summed(db: Database, { remaining, remainingVideo, ...night }: NightRow): WatchSession {
  const groups = db
    .prepare(
      `SELECT state, frames, looks, count(*) AS n, sum(duration) AS video, sum(seconds) AS seconds
       FROM recordings WHERE night = ? GROUP BY state, frames, looks`,
    )
    .all(night.id) as Group[];
  const count = (of: (group: Group) => boolean): number => groups.filter(of).reduce((total, { n }) => total + n, 0);
  const described = groups.filter(({ state }) => state === 'done' || state === 'partial');
  const under = (plan: Plan): number =>
    described
      .filter(({ frames, looks }) => frames === plan.frames && looks === plan.passes)
      .reduce((total, { n }) => total + n, 0);
  const [full, sparse, once] = PLANS.map(under);
  return {
    ...night,
    done: count(({ state }) => state === 'done'),
    partial: count(({ state }) => state === 'partial'),
    failed: count(({ state }) => state === 'failed'),
    gone: count(({ state }) => state === 'gone'),
    plans: { full: full ?? 0, sparse: sparse ?? 0, once: once ?? 0 },
    video: described.reduce((total, { video }) => total + video, 0),
    work: described.reduce((total, { seconds }) => total + (seconds ?? 0) * 1000, 0),
    remaining,
    remainingVideo,
  };
}

const COLUMNS = 'id, began, ended, until, remaining, remaining_video AS remainingVideo';

/** What a night has come to so far. */
export function sessionOf(db: Database, id: number): WatchSession {
  return summed(db, db.prepare(`SELECT ${COLUMNS} FROM nights WHERE id = ?`).get(id) as NightRow);
}

/** The nights that went on in a span of time and in which something was done or remained, in order. */
export function sessionsBetween(db: Database, since: number, until: number): WatchSession[] {
  const rows = db
    .prepare(`SELECT ${COLUMNS} FROM nights WHERE began < ? AND coalesce(ended, began) >= ? ORDER BY id`)
    .all(until, since) as NightRow[];
  return rows
    .map((row) => summed(db, row))
    .filter(({ done, partial, failed, gone, remaining }) => done + partial + failed + gone + remaining > 0);
}

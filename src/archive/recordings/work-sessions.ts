import type { Database } from '../index/database.ts';
import { PLANS, type Plan } from './plan.ts';

/** What a session (one time window; without a window one run, or one day of it) came to. Stored in the table `nights`. */
export interface SessionSummary {
  readonly done: number;
  readonly partial: number;
  readonly failed: number;
  /** Pending recordings whose files had disappeared. */
  readonly gone: number;
  /** Captioned recordings by plan. */
  readonly plans: Readonly<Record<Plan['name'], number>>;
  /** Milliseconds of captioned video, and of work. */
  readonly video: number;
  readonly work: number;
  /** Pending at the end: recordings, and milliseconds of video. */
  readonly remaining: number;
  readonly remainingVideo: number;
}

/** A session's summary and times (milliseconds since 1970). */
export interface WatchSession extends SessionSummary {
  readonly id: number;
  readonly began: number;
  readonly ended: number | null;
  /** When its window closes; null without a window. */
  readonly until: number | null;
}

/** A session in which nothing was done. */
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

/** Begins a session and returns its id. */
export function beginSession(db: Database, until: number | undefined): number {
  const insert = db.prepare('INSERT INTO nights (began, until) VALUES (?, ?)');
  return Number(insert.run(Date.now(), until ?? null).lastInsertRowid);
}

/** Records what a session has left so far. It counts as ended now until the next call, so that the record is right after a kill. */
export function noteRemaining(db: Database, id: number, remaining: number, video: number): void {
  db.prepare('UPDATE nights SET remaining = ?, remaining_video = ?, ended = ? WHERE id = ?').run(
    remaining,
    video,
    Date.now(),
    id,
  );
}

interface SessionRow {
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
  readonly passes: number | null;
  readonly n: number;
  readonly video: number;
  readonly seconds: number | null;
}

/** Adds up the recordings of a session. */
function summed(db: Database, { remaining, remainingVideo, ...session }: SessionRow): WatchSession {
  const groups = db
    .prepare(
      `SELECT state, frames, looks AS passes, count(*) AS n, sum(duration) AS video, sum(seconds) AS seconds
       FROM recordings WHERE night = ? GROUP BY state, frames, looks`,
    )
    .all(session.id) as Group[];
  const count = (of: (group: Group) => boolean): number => groups.filter(of).reduce((total, { n }) => total + n, 0);
  const captioned = groups.filter(({ state }) => state === 'done' || state === 'partial');
  const under = (plan: Plan): number =>
    captioned
      .filter(({ frames, passes }) => frames === plan.frames && passes === plan.passes)
      .reduce((total, { n }) => total + n, 0);
  const [full, sparse, once] = PLANS.map(under);
  return {
    ...session,
    done: count(({ state }) => state === 'done'),
    partial: count(({ state }) => state === 'partial'),
    failed: count(({ state }) => state === 'failed'),
    gone: count(({ state }) => state === 'gone'),
    plans: { full: full ?? 0, sparse: sparse ?? 0, once: once ?? 0 },
    video: captioned.reduce((total, { video }) => total + video, 0),
    work: captioned.reduce((total, { seconds }) => total + (seconds ?? 0) * 1000, 0),
    remaining,
    remainingVideo,
  };
}

const COLUMNS = 'id, began, ended, until, remaining, remaining_video AS remainingVideo';

/** What a session has come to so far. */
export function sessionOf(db: Database, id: number): WatchSession {
  return summed(db, db.prepare(`SELECT ${COLUMNS} FROM nights WHERE id = ?`).get(id) as SessionRow);
}

/** The sessions within a span of time in which something was done or remained, in order. */
export function sessionsBetween(db: Database, since: number, until: number): WatchSession[] {
  const rows = db
    .prepare(`SELECT ${COLUMNS} FROM nights WHERE began < ? AND coalesce(ended, began) >= ? ORDER BY id`)
    .all(until, since) as SessionRow[];
  return rows
    .map((row) => summed(db, row))
    .filter(({ done, partial, failed, gone, remaining }) => done + partial + failed + gone + remaining > 0);
}

import type { Database } from '../index/database.ts';
import { type Recording, recordingsWhere } from '../recordings/recordings.ts';

/** Recordings that began this recently are captioned in the order of their start, and before all others. */
const RECENT_MS = 86_400_000;

/** The columns of a pending recording that its turn depends on. */
interface PendingRow {
  readonly id: number;
  readonly start: number;
  readonly duration: number;
  readonly root: string;
}

/** Recordings of one watched folder, in the order of their turns. */
class Lane {
  readonly #rows: PendingRow[] = [];
  #head = 0;
  /** Milliseconds of video from here on. */
  video = 0;

  push(row: PendingRow): void {
    this.#rows.push(row);
    this.video += row.duration;
  }

  get first(): PendingRow | undefined {
    return this.#rows[this.#head];
  }

  shift(): void {
    this.video -= this.first?.duration ?? 0;
    this.#head += 1;
  }
}

/** A recording whose turn it is. */
export interface Turn {
  readonly recording: Recording;
  /** Milliseconds of video that wait together with it (recent recordings, or older ones), its own included. */
  readonly video: number;
}

/** When a postponed recording is tried again. */
export interface RetryTimings {
  readonly firstRetry: number;
  readonly longestRetry: number;
}

/**
 * The recordings that wait to be captioned: recent ones first, in the order of their start, then older ones, the newest
 * first. The state file is read once per {@link refresh}, after a scan; between two of them the order and the totals are
 * kept in memory, so that a turn costs one row and not the whole backlog.
 */
export class Backlog {
  readonly #db: Database;
  readonly #timings: RetryTimings;
  readonly #running = new Set<number>();
  readonly #postponed = new Map<number, { readonly times: number; readonly until: number }>();
  /** Watched folder -> its lanes. */
  #recent = new Map<string, Lane>();
  #older = new Map<string, Lane>();
  #remaining = { recordings: 0, video: 0 };

  constructor(db: Database, timings: RetryTimings) {
    this.#db = db;
    this.#timings = timings;
  }

  /** All that is pending, also what is in progress or postponed. */
  get remaining(): { readonly recordings: number; readonly video: number } {
    return { ...this.#remaining };
  }

  /** Reads the pending recordings. `wall` is the time of day, `now` a clock that only runs forward (milliseconds). */
  refresh(wall: number = Date.now(), now: number = performance.now()): void {
    const rows = this.#db
      .prepare("SELECT id, start, duration, root FROM recordings WHERE state = 'pending' ORDER BY start, id")
      .all() as PendingRow[];
    this.#remaining = { recordings: rows.length, video: rows.reduce((sum, { duration }) => sum + duration, 0) };
    const waits = rows.filter(({ id }) => !this.#running.has(id) && (this.#postponed.get(id)?.until ?? now) <= now);
    this.#recent = lanes(waits.filter(({ start }) => start >= wall - RECENT_MS));
    this.#older = lanes(waits.filter(({ start }) => start < wall - RECENT_MS).reverse());
  }

  /** Takes the next recording. Those of folders in `away` keep their turn. */
  next(away: ReadonlySet<string>): Turn | undefined {
    for (const [kind, earlier] of [
      [this.#recent, (a: PendingRow, b: PendingRow) => a.start - b.start || a.id - b.id],
      [this.#older, (a: PendingRow, b: PendingRow) => b.start - a.start || b.id - a.id],
    ] as const) {
      for (;;) {
        const open = [...kind].filter(([root]) => !away.has(root)).map(([, lane]) => lane);
        const video = open.reduce((sum, lane) => sum + lane.video, 0);
        const [lane] = open
          .flatMap((each) => (each.first === undefined ? [] : [{ each, first: each.first }]))
          .sort((a, b) => earlier(a.first, b.first));
        if (lane === undefined) break;
        lane.each.shift();
        const [recording] = recordingsWhere(this.#db, "r.id = ? AND r.state = 'pending'", lane.first.id);
        if (recording === undefined) continue;
        this.#running.add(recording.id);
        return { recording, video };
      }
    }
    return undefined;
  }

  /** The recording is captioned, or never will be. */
  finish({ id, duration }: Recording): void {
    this.#running.delete(id);
    this.#postponed.delete(id);
    const { recordings, video } = this.#remaining;
    this.#remaining = { recordings: recordings - 1, video: video - duration };
  }

  /** The recording waits for another attempt, each time twice as long. */
  postpone({ id }: Recording, now: number = performance.now()): void {
    const { firstRetry, longestRetry } = this.#timings;
    const times = this.#postponed.get(id)?.times ?? 0;
    const wait = Math.min(longestRetry, firstRetry * 2 ** Math.min(times, 10));
    this.#running.delete(id);
    this.#postponed.set(id, { times: times + 1, until: now + wait });
  }

  /** The attempt was interrupted: the recording has its turn again after the next {@link refresh}. */
  giveBack({ id }: Recording): void {
    this.#running.delete(id);
  }
}

function lanes(rows: readonly PendingRow[]): Map<string, Lane> {
  const kind = new Map<string, Lane>();
  for (const row of rows) {
    const lane = kind.get(row.root) ?? new Lane();
    kind.set(row.root, lane);
    lane.push(row);
  }
  return kind;
}

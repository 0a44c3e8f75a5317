import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { candidateTargets } from '../../../src/archive/captioners/candidate-targets.ts';
import type { Database } from '../../../src/archive/index/database.ts';
import { failRecording } from '../../../src/archive/recordings/recordings.ts';
import { Backlog, type Turn } from '../../../src/archive/watch/backlog.ts';
import { readWatchSettings } from '../../../src/archive/watch/watch-settings.ts';
import { added, emptyState, type State } from '../support/state.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-24T12:00:00Z');
const NONE: ReadonlySet<string> = new Set();

let state: State;
beforeEach(async () => {
  state = await emptyState();
});
afterEach(() => state.remove());

const backlog = (db: Database = state.db): Backlog => new Backlog(db, { firstRetry: 100, longestRetry: 300 });

/** Adds a pending recording that began so many hours ago. */
function pending(hours: number, root = '/cams') {
  return added(state.db, { start: NOW - hours * HOUR, root });
}

/** Everything that is due, in order. */
function drain(from: Backlog, away = NONE): Turn[] {
  const turns: Turn[] = [];
  for (let turn = from.next(away); turn !== undefined; turn = from.next(away)) turns.push(turn);
  return turns;
}

const ids = (turns: readonly Turn[]): number[] => turns.map(({ recording }) => recording.id);

describe('turns', () => {
  test('recent recordings in the order of their start, then older ones, newest first', () => {
    const [old, older, late, early] = [pending(30), pending(40), pending(1), pending(20, '/more')];
    const own = backlog();
    own.refresh(NOW, 0);
    const turns = drain(own);
    expect(ids(turns)).toEqual([early, late, old, older].map(({ id }) => id));
    // Of each kind, what still waits: a minute each.
    expect(turns.map(({ video }) => video)).toEqual([120_000, 60_000, 120_000, 60_000]);
    expect(own.remaining).toEqual({ recordings: 4, video: 240_000 });
  });

  test('recordings of an unavailable folder keep their turn', () => {
    const [here, there] = [pending(1), pending(2, '/away')];
    const own = backlog();
    own.refresh(NOW, 0);
    expect(ids(drain(own, new Set(['/away'])))).toEqual([here.id]);
    expect(ids(drain(own))).toEqual([there.id]);
  });

  test('a postponed recording waits, each time twice as long; a finished one never comes again', () => {
    const [first, second] = [pending(2), pending(1)];
    const own = backlog();
    own.refresh(NOW, 0);
    const [a, b] = drain(own);
    if (a === undefined || b === undefined) throw new Error('two recordings are pending');
    own.postpone(a.recording, 0);
    failRecording(state.db, b.recording.id, state.session, { code: 'no-video', message: '', retryable: false });
    own.finish(b.recording);
    expect([a.recording.id, b.recording.id]).toEqual([first.id, second.id]);
    expect(own.remaining).toEqual({ recordings: 1, video: 60_000 });
    const due = (now: number): number[] => {
      own.refresh(NOW, now);
      return ids(drain(own));
    };
    expect([due(99), due(100)]).toEqual([[], [first.id]]);
    own.postpone(a.recording, 100);
    expect([due(299), due(300)]).toEqual([[], [first.id]]);
    own.postpone(a.recording, 300);
    // The limit.
    expect([due(599), due(600)]).toEqual([[], [first.id]]);
  });

  test('what is in progress has no second turn; given back it has, after the next refresh', () => {
    const { id } = pending(1);
    const own = backlog();
    own.refresh(NOW, 0);
    const [turn] = drain(own);
    own.refresh(NOW, 0);
    expect(ids(drain(own))).toEqual([]);
    if (turn !== undefined) own.giveBack(turn.recording);
    own.refresh(NOW, 0);
    expect(ids(drain(own))).toEqual([id]);
  });
});

/** Counts the rows that statements return. */
function counted(db: Database): { readonly db: Database; readonly rows: () => number } {
  let rows = 0;
  const wrap = (sql: string) => {
    const statement = db.prepare(sql);
    return {
      all(...values: unknown[]) {
        const found = statement.all(...values);
        rows += found.length;
        return found;
      },
    };
  };
  return { db: { prepare: wrap } as unknown as Database, rows: () => rows };
}

/** How SQLite would run a query: `SEARCH ... USING INDEX ...` or `SCAN ...`. */
function queryPlan(sql: string, ...values: unknown[]): string {
  const steps = state.db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
  return steps.map(({ detail }) => detail).join('; ');
}

describe('the cost of a turn does not depend on the length of the backlog', () => {
  test('working off N recordings reads 2 N rows', () => {
    const N = 500;
    state.db
      .transaction(() => {
        for (let at = 0; at < N; at++) pending(at / 10);
      })
      .immediate();
    const { db, rows } = counted(state.db);
    const own = backlog(db);
    own.refresh(NOW, 0);
    let turns = 0;
    for (let turn = own.next(NONE); turn !== undefined; turn = own.next(NONE)) {
      turns += 1;
      own.finish(turn.recording);
      expect(own.remaining.recordings).toBe(N - turns);
    }
    expect(turns).toBe(N);
    expect(rows()).toBe(2 * N);
  });

  test('every statement of a turn uses an index', () => {
    const base = 'SELECT r.id FROM recordings r JOIN cameras c ON c.id = r.camera WHERE';
    for (const condition of ['r.id = ?', 'r.track = ? AND r.id <> 0', 'r.content = ?', 'r.path = ?']) {
      expect(queryPlan(`${base} ${condition}`, '1')).not.toMatch(/SCAN r\b/);
    }
    const recording = pending(1);
    const settings = readWatchSettings(['/cams'], { format: 'vtt', settle: '0s', zone: 'UTC' }, {});
    expect(candidateTargets(state.db, recording, settings)).toHaveLength(2);
  });
});

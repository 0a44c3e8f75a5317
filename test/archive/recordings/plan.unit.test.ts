import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { IndexWriter } from '../../../src/archive/index/index-cues.ts';
import { choosePlan, costOf, learnCost, PLANS } from '../../../src/archive/recordings/plan.ts';
import { failRecording, type Recording } from '../../../src/archive/recordings/recordings.ts';
import { noteRemaining, sessionOf, sessionsBetween } from '../../../src/archive/recordings/work-sessions.ts';
import { added, emptyState, type State } from '../support/state.ts';

const HOUR = 3_600_000;
const [FULL, SPARSE, ONCE] = PLANS;

let state: State;
beforeEach(async () => {
  state = await emptyState();
});
afterEach(() => state.remove());

/** Describes a recording under a plan, without a model. */
async function described(recording: Recording, plan = FULL, damage?: { code: string; message: string }): Promise<void> {
  const record = {
    frames: plan.frames,
    passes: plan.passes,
    track: '/t.vtt',
    began: performance.now(),
    session: state.session,
  };
  const writer = new IndexWriter(state.db, state.file, recording, record, () => undefined);
  await writer.finish({ end: 0, ...(damage === undefined ? {} : { damage }) });
}

describe('how closely to look', () => {
  test('closely without a deadline, or where it suffices; then more sparsely; then once', () => {
    const { db } = state;
    learnCost(db, FULL, HOUR, 0.4 * HOUR);
    if (SPARSE !== undefined) learnCost(db, SPARSE, HOUR, 0.2 * HOUR);
    if (ONCE !== undefined) learnCost(db, ONCE, HOUR, 0.1 * HOUR);
    const names = [undefined, 5, 4.3, 4, 2.2, 2, 1.1, 0.5, 0].map(
      (left) => choosePlan(db, 10 * HOUR, left === undefined ? undefined : left * HOUR).name,
    );
    // 10 hours take 4, 2 or 1; a twentieth is kept.
    expect(names).toEqual(['full', 'full', 'full', 'sparse', 'sparse', 'once', 'once', 'once', 'once']);
  });

  test('sparser first looks at fewer frames, then once instead of twice', () => {
    expect(PLANS.map(({ name, frames, passes }) => [name, frames, passes])).toEqual([
      ['full', 'motion', 2],
      ['sparse', 'motion:10s', 2],
      ['once', 'motion:10s', 1],
    ]);
  });

  test('what it costs is learned from what it did', () => {
    const { db } = state;
    expect(costOf(db, FULL)).toBe(FULL.guess);
    learnCost(db, FULL, 1000, 300);
    expect(costOf(db, FULL)).toBeCloseTo(0.3);
    for (let times = 0; times < 30; times++) learnCost(db, FULL, 1000, 100);
    expect(costOf(db, FULL)).toBeCloseTo(0.1, 2);
    learnCost(db, FULL, 0, 100);
    expect(costOf(db, FULL)).toBeCloseTo(0.1, 2);
  });
});

describe('what a session came to', () => {
  test('is what its recordings say, and what it left', async () => {
    const { db, session } = state;
    await described(added(db));
    await described(added(db), SPARSE);
    await described(added(db), ONCE, { code: 'damaged', message: 'it breaks off' });
    const broken = { code: 'no-video', message: 'no video', retryable: false };
    expect(failRecording(db, added(db).id, session, broken)).toBe('failed');
    expect(failRecording(db, added(db).id, session, { ...broken, code: 'recording-gone' })).toBe('gone');
    noteRemaining(db, session, 3, 7 * HOUR);
    expect(sessionOf(db, session)).toMatchObject({
      ...{ done: 2, partial: 1, failed: 1, gone: 1, plans: { full: 1, sparse: 1, once: 1 } },
      ...{ video: 180_000, remaining: 3, remainingVideo: 7 * HOUR },
    });
    expect(sessionsBetween(db, 0, Date.now() + 1)).toHaveLength(1);
    expect(sessionsBetween(db, Date.now() + HOUR, Date.now() + 2 * HOUR)).toEqual([]);
  });

  test('a failure that may pass is tried five times, and counts once', () => {
    const { db, session } = state;
    const { id } = added(db);
    const failure = { code: 'captions-failed', message: 'the model died', retryable: true };
    const states = Array.from({ length: 5 }, () => failRecording(db, id, session, failure));
    expect(states).toEqual(['pending', 'pending', 'pending', 'pending', 'failed']);
    expect(sessionOf(db, session).failed).toBe(1);
  });
});

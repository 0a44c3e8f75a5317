import type { FrameChoice } from '../../ingest/selectors/registry.ts';
import type { Database } from '../index/database.ts';

/** How thoroughly a recording is captioned. */
export interface Plan {
  readonly name: 'full' | 'sparse' | 'once';
  /** As `--frames` takes it. */
  readonly frames: string;
  readonly choice: FrameChoice;
  readonly passes: 1 | 2;
  /** Seconds of work per second of video until it has been measured; a cautious estimate. */
  readonly guess: number;
}

const SPARSE = { frames: 'motion:10s', choice: { mode: 'motion', interval: 10_000_000 } } as const;

/** From the most thorough plan to the cheapest: fewer keyframes first, then one pass instead of two. */
export const PLANS: readonly [Plan, ...Plan[]] = [
  { name: 'full', frames: 'motion', choice: { mode: 'motion', interval: 2_000_000 }, passes: 2, guess: 0.1 },
  { name: 'sparse', ...SPARSE, passes: 2, guess: 0.05 },
  { name: 'once', ...SPARSE, passes: 1, guess: 0.04 },
];

/** Weight of the latest recording in the moving average of the cost. */
const WEIGHT = 0.2;
/** Share of the time that is kept in reserve. */
const RESERVE = 0.05;

/** Seconds of work per second of video under a plan, as measured on this machine. */
export function costOf(db: Database, plan: Plan): number {
  const row = db.prepare('SELECT ratio FROM costs WHERE plan = ?').get(plan.name) as { ratio: number } | undefined;
  return row?.ratio ?? plan.guess;
}

/** Updates a plan's cost with a recording of `video` milliseconds that took `work` milliseconds. */
export function learnCost(db: Database, plan: Plan, video: number, work: number): void {
  if (video <= 0) return;
  const known = db.prepare('SELECT ratio FROM costs WHERE plan = ?').get(plan.name) as { ratio: number } | undefined;
  const ratio = known === undefined ? work / video : known.ratio + WEIGHT * (work / video - known.ratio);
  db.prepare('INSERT INTO costs VALUES (?, ?) ON CONFLICT (plan) DO UPDATE SET ratio = excluded.ratio').run(
    plan.name,
    ratio,
  );
}

/**
 * The most thorough plan under which `video` milliseconds fit into `left` milliseconds, or the cheapest where none fits.
 * Without a deadline: the most thorough.
 */
export function choosePlan(db: Database, video: number, left: number | undefined): Plan {
  const [full] = PLANS;
  if (left === undefined) return full;
  const fits = PLANS.find((plan) => video * costOf(db, plan) <= left * (1 - RESERVE));
  return fits ?? PLANS.at(-1) ?? full;
}

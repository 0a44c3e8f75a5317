import type { Micros } from '../types.ts';

/** A span of time, from `start` to before `end`. */
export interface Interval {
  readonly start: Micros;
  readonly end: Micros;
}

/** Intervals in order, joined where they overlap or are less than `gap` apart. */
export function joinIntervals(intervals: readonly Interval[], gap: Micros = 0): Interval[] {
  const joined: Interval[] = [];
  for (const { start, end } of [...intervals].sort((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last !== undefined && start <= last.end + gap) {
      joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, end) };
    } else joined.push({ start, end });
  }
  return joined;
}

/** The parts of `within` that none of the intervals covers. They must be in order and must not overlap. */
export function gapsBetween(intervals: readonly Interval[], within: Interval): Interval[] {
  const gaps: Interval[] = [];
  let from = within.start;
  for (const { start, end } of intervals) {
    if (end <= from) continue;
    if (start >= within.end) break;
    if (start > from) gaps.push({ start: from, end: start });
    from = end;
  }
  if (from < within.end) gaps.push({ start: from, end: within.end });
  return gaps;
}

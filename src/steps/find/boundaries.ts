import type { Micros } from '../../core/types.ts';

/** Limits of a step's length. `longest` is at least twice `shortest`. */
export interface StepLengths {
  readonly shortest: Micros;
  readonly longest: Micros;
}

/** Cost of violating the limits, more than any gain; unavoidable where a video is too short or has too few frames. */
const IMPOSSIBLE = 1e6;

/**
 * Chooses the boundaries with the largest sum of `gains` within the limits, by dynamic programming; of equal sums, the one
 * with the shorter step. A boundary with a negative gain is chosen only where a step would be too long without it.
 * @param times times of the positions, ascending; the first is the start of the video and always a boundary
 * @param end end of the video
 * @param gains gain of a boundary at each position
 * @returns chosen positions, ascending, without the first
 */
export function chooseBoundaries(
  times: readonly Micros[],
  end: Micros,
  gains: readonly number[],
  { shortest, longest }: StepLengths,
): number[] {
  const count = times.length;
  const timeOf = (at: number): Micros => (at === count ? end : (times[at] ?? end));
  const best = new Float64Array(count + 1).fill(Number.NEGATIVE_INFINITY);
  const before = new Int32Array(count + 1).fill(-1);
  best[0] = 0;
  for (let at = 1; at <= count; at++) {
    for (let from = at - 1; from >= 0; from--) {
      const length = timeOf(at) - timeOf(from);
      if (length > longest && from < at - 1) break;
      const cost = length < shortest || length > longest ? IMPOSSIBLE : 0;
      const sum = (best[from] ?? 0) + (at === count ? 0 : (gains[at] ?? 0)) - cost;
      if (sum > (best[at] ?? 0)) {
        best[at] = sum;
        before[at] = from;
      }
    }
  }
  const chosen: number[] = [];
  for (let at = before[count] ?? 0; at > 0; at = before[at] ?? 0) chosen.unshift(at);
  return chosen;
}

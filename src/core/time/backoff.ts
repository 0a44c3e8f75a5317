/**
 * The delay before a retry: `first` before the first one, doubled for each further one, at most `longest`. Same unit in and out.
 * @param retry counts from 1
 */
export function exponentialBackoff(retry: number, first: number, longest: number): number {
  // The cap on the exponent keeps the power finite.
  return Math.min(longest, first * 2 ** Math.min(Math.max(0, retry - 1), 30));
}

import type { Micros } from '../../core/types.ts';

/**
 * Microseconds to whole milliseconds, half up. Times are rounded only here. Rounding preserves order, and times at least
 * a millisecond apart stay apart, so cues that do not overlap still do not after rounding.
 */
export function toMilliseconds(time: Micros): number {
  return Math.round(time / 1000);
}

/** Microseconds to seconds with millisecond precision, as JSON has them. */
export function toSeconds(time: Micros): number {
  return toMilliseconds(time) / 1000;
}

/** `HH:MM:SS`, `mark`, `mmm`, with more digits for 100 hours and up. `time` must not be negative. */
function clock(time: Micros, mark: string): string {
  const total = toMilliseconds(time);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const milliseconds = String(total % 1000).padStart(3, '0');
  return `${two(total / 3_600_000)}:${two((total / 60_000) % 60)}:${two((total / 1000) % 60)}${mark}${milliseconds}`;
}

/** A WebVTT timestamp: `00:01:00.000`. */
export function vttTime(time: Micros): string {
  return clock(time, '.');
}

/** A SubRip timestamp: `00:01:00,000`. */
export function srtTime(time: Micros): string {
  return clock(time, ',');
}

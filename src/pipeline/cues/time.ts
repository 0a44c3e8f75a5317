import type { Micros } from '../../core/types.ts';

/**
 * Whole milliseconds, half up: the one place where a time is rounded. Rounding keeps order, and two times a millisecond
 * or more apart stay apart, so cues that do not overlap before do not after.
 */
export function toMilliseconds(time: Micros): number {
  return Math.round(time / 1000);
}

/** Seconds with millisecond precision, as a JSON number. */
export function toSeconds(time: Micros): number {
  return toMilliseconds(time) / 1000;
}

/** `HH:MM:SS` + `mark` + `mmm`; the hours grow beyond two digits where they must. For times of zero and more. */
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

import type { Micros } from '../../core/types.ts';

/** A fraction as ffmpeg writes it: a time base, a frame rate, an aspect ratio. */
export interface Rational {
  readonly num: number;
  readonly den: number;
}

/** Reads `1/90000` or `16:9`; null for what is no positive fraction (`0/0`, `N/A`). */
export function parseRational(text: string | undefined): Rational | null {
  const [, num, den] = /^(\d+)[/:](\d+)$/.exec(text ?? '') ?? [];
  const value = { num: Number(num), den: Number(den) };
  return value.num > 0 && value.den > 0 ? value : null;
}

/** Ticks of a time base in microseconds, exact, rounded half up once. */
export function ticksToMicros(ticks: bigint, base: Rational): Micros {
  const num = 2n * ticks * BigInt(base.num) * 1_000_000n + BigInt(base.den);
  const den = 2n * BigInt(base.den);
  const quotient = num / den;
  // BigInt division truncates towards zero; times before zero need the floor.
  return Number(num < 0n && num % den !== 0n ? quotient - 1n : quotient);
}

/** A decimal number of seconds, as ffprobe prints it (`112.711000`), in microseconds; null for `N/A`. */
export function secondsToMicros(text: string | undefined): Micros | null {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text ?? '') ?? [];
  if (whole === undefined) return null;
  const size = Number(whole) * 1_000_000 + Math.round(Number(`0.${fraction || '0'}`) * 1_000_000);
  return sign === '-' ? -size : size;
}

/** Microseconds as ffmpeg reads them: seconds with six decimals. */
export function microsToSeconds(time: Micros): string {
  const size = Math.abs(time);
  const whole = Math.floor(size / 1_000_000);
  return `${time < 0 ? '-' : ''}${whole}.${String(size % 1_000_000).padStart(6, '0')}`;
}

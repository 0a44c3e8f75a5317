import { isLocalTime, type LocalTime, toInstants } from './time-zone.ts';

const DAY_MS = 86_400_000;
/** Milliseconds by which a camera's clock and a recording's time may differ. */
export const CLOCK_TOLERANCE_MS = 60_000;

interface Reading {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Each way in which a date can be meant: 3/4/2026 is in March or in April. */
  readonly dates: readonly { readonly year: number; readonly month: number; readonly day: number }[];
}

/** A clock as a camera writes it into its picture; undefined where there is no time of day in the text. */
function readClock(text: string): Reading | undefined {
  const time = /(\d{1,2})\s?:\s?(\d{2})(?:\s?[:.]\s?(\d{2}))?\s?([ap]m)?/i.exec(text);
  if (time === null) return undefined;
  const [, hours = '', minute = '', second = '0', half] = time;
  const twelve = half === undefined ? 0 : (half.toLowerCase() === 'pm' ? 12 : 0) - (hours === '12' ? 12 : 0);
  const [, ...iso] = /(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})/.exec(text) ?? [];
  const [, ...plain] = /(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?!\d)/.exec(text) ?? [];
  const [a = 0, b = 0, c = 0] = (iso.length > 0 ? iso : plain).map(Number);
  const year = c < 100 ? 2000 + c : c;
  const dates =
    iso.length > 0
      ? [{ year: a, month: b, day: c }]
      : plain.length > 0
        ? [
            { year, month: b, day: a },
            { year, month: a, day: b },
          ]
        : [];
  return { hour: Number(hours) + twelve, minute: Number(minute), second: Number(second), dates };
}

/**
 * By how many milliseconds a clock in the picture is ahead of the recording's own time; without a date, by the least that it can be.
 * Undefined where the text is no clock.
 * @param text as it was read
 * @param expected the recording's time at that frame, milliseconds since 1970
 */
export function clockDifference(text: string, expected: number, zone: string): number | undefined {
  const clock = readClock(text);
  if (clock === undefined) return undefined;
  const { hour, minute, second } = clock;
  const today = new Date(expected).toISOString().slice(0, 10).split('-').map(Number);
  const [year = 0, month = 0, day = 0] = today;
  const dates = clock.dates.length > 0 ? clock.dates : [{ year, month, day }];
  const differences = dates
    .map((date): LocalTime => ({ ...date, hour, minute, second, millisecond: 0 }))
    .filter(isLocalTime)
    .flatMap((local) => toInstants(local, zone))
    .map((instant) => instant - expected)
    .map((ms) => (clock.dates.length > 0 ? ms : ms - DAY_MS * Math.round(ms / DAY_MS)));
  if (differences.length === 0) return undefined;
  return differences.reduce((best, ms) => (Math.abs(ms) < Math.abs(best) ? ms : best));
}

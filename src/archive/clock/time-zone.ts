import { Temporal } from 'temporal-polyfill';

/** A date and time as clocks at some place show it. `month` counts from 1. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

const NS_PER_MINUTE = 60e9;

/** This machine's zone, as IANA names it. */
export function systemZone(): string {
  return Temporal.Now.timeZoneId();
}

/** True for a zone that this machine knows: `Europe/Berlin`, `UTC`. */
export function isZone(zone: string): boolean {
  try {
    // Temporal would also read the zone out of a whole date.
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function zoned(epoch: number, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(epoch)).toZonedDateTimeISO(zone);
}

/** What clocks in `zone` show at `epoch` (milliseconds since 1970, UTC). */
export function localTimeAt(epoch: number, zone: string): LocalTime {
  const { year, month, day, hour, minute, second, millisecond } = zoned(epoch, zone);
  return { year, month, day, hour, minute, second, millisecond };
}

/** True for a date and a time that exist in the calendar and on a clock. */
export function isLocalTime(time: LocalTime): boolean {
  try {
    Temporal.PlainDateTime.from(time, { overflow: 'reject' });
    return true;
  } catch {
    return false;
  }
}

/**
 * The instants (milliseconds since 1970, UTC) at which clocks in `zone` show `local`: usually one; two, in order, in the hour
 * that is repeated when summer time ends. For a time that is skipped when summer time begins, the one instant that a clock
 * shows which was not put forward.
 */
export function toInstants(local: LocalTime, zone: string): readonly [number, ...number[]] {
  const shown = Temporal.PlainDateTime.from(local);
  const earlier = shown.toZonedDateTime(zone, { disambiguation: 'earlier' });
  const later = shown.toZonedDateTime(zone, { disambiguation: 'later' });
  const skipped = !earlier.toPlainDateTime().equals(shown);
  if (skipped || earlier.equals(later)) return [later.epochMilliseconds];
  return [earlier.epochMilliseconds, later.epochMilliseconds];
}

/** The instant at which the day of `epoch` begins in `zone`; `days` later (or earlier, below zero). */
export function startOfDay(epoch: number, zone: string, days = 0): number {
  return zoned(epoch, zone).toPlainDate().add({ days }).toZonedDateTime(zone).epochMilliseconds;
}

/** `2026-11-24 22:05:09`, as clocks in `zone` show it. */
export function formatLocal(epoch: number, zone: string): string {
  return zoned(epoch, zone).toPlainDateTime().toString({ smallestUnit: 'second' }).replace('T', ' ');
}

/** `+02:00`, the offset of `zone` at `epoch`. */
export function formatOffset(epoch: number, zone: string): string {
  const minutes = Math.round(zoned(epoch, zone).offsetNanoseconds / NS_PER_MINUTE);
  const size = Math.abs(minutes);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

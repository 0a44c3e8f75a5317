/** A time of day at some place, as a clock on the wall there shows it. `month` counts from 1. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

const MINUTE_MS = 60_000;
/** No zone has ever been this far from UTC, nor changed its clocks twice in this time. */
const FAR_MS = 26 * 3_600_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** The zone of this machine, as IANA names it. */
export function systemZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** True for a zone that this machine knows: `Europe/Berlin`, `UTC`. */
export function isZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(zone, made);
  return made;
}

/** What the clocks of `zone` show at `epoch` (milliseconds since 1970, UTC). */
export function localTimeAt(epoch: number, zone: string): LocalTime {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(epoch)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const of = (type: string): number => parts.get(type as Intl.DateTimeFormatPartTypes) ?? 0;
  return {
    year: of('year'),
    month: of('month'),
    day: of('day'),
    hour: of('hour'),
    minute: of('minute'),
    second: of('second'),
    millisecond: ((epoch % 1000) + 1000) % 1000,
  };
}

function asIfUtc({ year, month, day, hour, minute, second, millisecond }: LocalTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
}

/** True for a date and a time that a calendar and a clock have. */
export function isLocalTime(time: LocalTime): boolean {
  const back = new Date(asIfUtc(time));
  return (
    back.getUTCFullYear() === time.year &&
    back.getUTCMonth() === time.month - 1 &&
    back.getUTCDate() === time.day &&
    time.hour < 24 &&
    time.minute < 60 &&
    time.second < 60
  );
}

/** How far the clocks of `zone` are ahead of UTC at `epoch`, in milliseconds. */
function offsetAt(epoch: number, zone: string): number {
  return asIfUtc(localTimeAt(epoch, zone)) - epoch;
}

/**
 * The moments (milliseconds since 1970, UTC) at which the clocks of `zone` show `local`: mostly one; two, in order, in
 * the hour that comes twice when summer time ends. For an hour that is left out when it begins, the one moment that a
 * clock shows which was not put forward.
 */
export function toInstants(local: LocalTime, zone: string): readonly [number, ...number[]] {
  const shown = asIfUtc(local);
  const before = shown - offsetAt(shown - FAR_MS, zone);
  const after = shown - offsetAt(shown + FAR_MS, zone);
  const [first, ...more] = [...new Set([before, after])]
    .filter((moment) => asIfUtc(localTimeAt(moment, zone)) === shown)
    .sort((a, b) => a - b);
  return first === undefined ? [before] : [first, ...more];
}

/** The moment at which the day of `epoch` begins in `zone`, `days` later (or, below zero, earlier). */
export function startOfDay(epoch: number, zone: string, days = 0): number {
  const { year, month, day } = localTimeAt(epoch, zone);
  const shifted = new Date(Date.UTC(year, month - 1, day + days));
  const midnight = {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth() + 1,
    day: shifted.getUTCDate(),
    hour: 0,
    minute: 0,
    second: 0,
    millisecond: 0,
  };
  return toInstants(midnight, zone)[0];
}

/** `2026-11-24 22:05:09`, as the clocks of `zone` show it. */
export function formatLocal(epoch: number, zone: string): string {
  const { year, month, day, hour, minute, second } = localTimeAt(epoch, zone);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`;
}

/** `+02:00`, the offset of `zone` at `epoch`. */
export function formatOffset(epoch: number, zone: string): string {
  const minutes = Math.round(offsetAt(epoch, zone) / MINUTE_MS);
  const size = Math.abs(minutes);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

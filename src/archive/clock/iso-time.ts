import { type Database, readFact } from '../index/database.ts';
import { formatLocal, formatOffset, localTimeAt } from './time-zone.ts';

/** The time zone of an archive: that of the recorders, as given to `watch`. */
export function zoneOf(db: Database): string {
  return readFact(db, 'zone') ?? 'UTC';
}

/** `2026-11-24T22:05:09.250+01:00`: an instant in ISO 8601, with the offset of `zone` and milliseconds. */
export function formatIso(epoch: number, zone: string): string {
  const millisecond = String(localTimeAt(epoch, zone).millisecond).padStart(3, '0');
  return `${formatLocal(epoch, zone).replace(' ', 'T')}.${millisecond}${formatOffset(epoch, zone)}`;
}

/** `0:42.250`, `1:02:03.000`: a position in a recording; `offset` is in milliseconds. */
export function formatPosition(offset: number): string {
  const whole = Math.max(0, Math.round(offset));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes, seconds] = [3_600_000, 60_000, 1000].map((unit) => Math.floor(whole / unit)) as [
    number,
    number,
    number,
  ];
  const tail = `${two(seconds % 60)}.${String(whole % 1000).padStart(3, '0')}`;
  return hours > 0 ? `${hours}:${two(minutes % 60)}:${tail}` : `${minutes}:${tail}`;
}

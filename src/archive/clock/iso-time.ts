import { type Database, readFact } from '../index/database.ts';
import { formatLocal, formatOffset, localTimeAt } from './time-zone.ts';

/** The zone in which the times of an archive are told: the recorders', as `watch` was told. */
export function zoneOf(db: Database): string {
  return readFact(db, 'zone') ?? 'UTC';
}

/** `2026-11-24T22:05:09.250+01:00`: a moment as the clocks of `zone` show it, exactly. */
export function isoText(epoch: number, zone: string): string {
  const millisecond = String(localTimeAt(epoch, zone).millisecond).padStart(3, '0');
  return `${formatLocal(epoch, zone).replace(' ', 'T')}.${millisecond}${formatOffset(epoch, zone)}`;
}

/** `0:42.250`, `1:02:03.000`: a place in a recording, `offset` in milliseconds. */
export function placeText(offset: number): string {
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

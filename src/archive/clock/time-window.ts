import { ArchiveError } from '../errors.ts';
import { localTimeAt, startOfDay, toInstants } from './time-zone.ts';

/** A daily time window, in minutes of the local day. With `from` after `to` it spans midnight. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

/** Parses `22:00-06:00`. Throws `bad-time`. */
export function parseWindow(text: string): TimeWindow {
  const [, fromHour, fromMinute, toHour, toMinute] = /^(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)$/.exec(text) ?? [];
  const minutes = (hour: string | undefined, minute: string | undefined): number => {
    const [h, m] = [Number(hour), Number(minute)];
    return h < 24 && m < 60 ? h * 60 + m : h === 24 && m === 0 ? 0 : Number.NaN;
  };
  const window = { from: minutes(fromHour, fromMinute), to: minutes(toHour, toMinute) };
  if (Number.isNaN(window.from) || Number.isNaN(window.to) || window.from === window.to) {
    throw new ArchiveError('bad-time', `"${text}" is not a time window: write it as 22:00-06:00`);
  }
  return window;
}

/** The instant on the day of `day` at which clocks in `zone` show `minutes`. */
function instantOn(day: number, minutes: number, zone: string): number {
  const { year, month, day: date } = localTimeAt(day, zone);
  const hour = Math.floor(minutes / 60);
  return toInstants({ year, month, day: date, hour, minute: minutes % 60, second: 0, millisecond: 0 }, zone)[0];
}

/** The end of the window that contains `now`; undefined outside of it. Changes when the clock is set or summer time begins. */
export function closingTime(window: TimeWindow, now: number, zone: string): number | undefined {
  for (const days of [-1, 0]) {
    const opensOn = startOfDay(now, zone, days) + 1;
    const closesOn = window.from < window.to ? opensOn : startOfDay(now, zone, days + 1) + 1;
    const closes = instantOn(closesOn, window.to, zone);
    if (instantOn(opensOn, window.from, zone) <= now && now < closes) return closes;
  }
  return undefined;
}

/** The next instant after `now` at which the window opens. */
export function openingTime(window: TimeWindow, now: number, zone: string): number {
  const today = instantOn(now, window.from, zone);
  return today > now ? today : instantOn(startOfDay(now, zone, 1) + 1, window.from, zone);
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `yesterday 20:00`, `today 7:30`, and `22:00`: when clocks last showed that. Undefined for anything else. */
function timeOfDay(typed: string, zone: string, now: number): number | undefined {
  const [, day, hour, minute] = /^(?:(today|yesterday)[ t]+)?(\d{1,2}):(\d\d)$/.exec(typed) ?? [];
  const minutes = Number(hour) * 60 + Number(minute);
  if (hour === undefined || minutes >= 1440 || Number(minute) > 59) return undefined;
  const at = (days: number): number => instantOn(startOfDay(now, zone, days) + 1, minutes, zone);
  const today = at(0);
  return day === 'yesterday' || (day === undefined && today > now) ? at(-1) : today;
}

/**
 * Parses a time as a user types it: `today`, `yesterday`, `yesterday 20:00`, `22:00` (the last time that clocks showed it), `2026-11-24`,
 * `2026-11-24 13:05` (optionally with seconds, `T`, an offset or `Z`), or an age: `90m`, `6h`, `3d`, `2w`. Local times are in `zone`.
 * Throws `bad-time`, whose message names `flag`.
 */
export function parseMoment(text: string, flag: string, zone: string, now: number = Date.now()): number {
  const typed = text.trim().toLowerCase();
  if (typed === 'now') return now;
  if (typed === 'today') return startOfDay(now, zone);
  if (typed === 'yesterday') return startOfDay(now, zone, -1);
  const clock = timeOfDay(typed, zone, now);
  if (clock !== undefined) return clock;
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)\s*([mhdw])$/.exec(typed) ?? [];
  if (amount !== undefined) return now - Number(amount) * (UNITS[unit] ?? 0);
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:[t ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(z|[+-]\d\d:?\d\d)?)?$/.exec(typed);
  if (match !== null) {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
      .slice(1, 7)
      .map((part) => Number(part ?? 0));
    const local = { year, month, day, hour, minute, second, millisecond: 0 };
    const shown = toInstants(local, match[7] === undefined ? zone : 'UTC')[0];
    const back = localTimeAt(shown, match[7] === undefined ? zone : 'UTC');
    if (back.day === day && back.month === month && hour < 24 && minute < 60 && second < 60) {
      const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(match[7] ?? '') ?? [];
      const ahead = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
      return sign === '-' ? shown + ahead : shown - ahead;
    }
  }
  throw new ArchiveError(
    'bad-time',
    `${flag} ${text}: not a time; write yesterday, "yesterday 20:00", 22:00, 2026-11-24, "2026-11-24 13:05", or an age: 90m, 6h, 3d`,
  );
}

import { ArchiveError } from '../errors.ts';
import { localTimeAt, startOfDay, toInstants } from './time-zone.ts';

/** The hours in which work is done, in minutes of the local day. `from` after `to` goes over midnight. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

/** Reads `22:00-06:00`. Throws `bad-time`. */
export function parseWindow(text: string): TimeWindow {
  const [, fromHour, fromMinute, toHour, toMinute] = /^(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)$/.exec(text) ?? [];
  const minutes = (hour: string | undefined, minute: string | undefined): number => {
    const [h, m] = [Number(hour), Number(minute)];
    return h < 24 && m < 60 ? h * 60 + m : h === 24 && m === 0 ? 0 : Number.NaN;
  };
  const window = { from: minutes(fromHour, fromMinute), to: minutes(toHour, toMinute) };
  if (Number.isNaN(window.from) || Number.isNaN(window.to) || window.from === window.to) {
    throw new ArchiveError('bad-time', `"${text}" is no window of time: write it as 22:00-06:00`);
  }
  return window;
}

/** The moment on the day of `day` at which the clocks of `zone` show `minutes`. */
function momentOn(day: number, minutes: number, zone: string): number {
  const { year, month, day: date } = localTimeAt(day, zone);
  const hour = Math.floor(minutes / 60);
  return toInstants({ year, month, day: date, hour, minute: minutes % 60, second: 0, millisecond: 0 }, zone)[0];
}

/**
 * The end of the window that `now` lies in, or undefined outside of one. Asked anew each time, so that a clock that is
 * set, or summer time that begins, moves it.
 */
export function closingTime(window: TimeWindow, now: number, zone: string): number | undefined {
  for (const days of [-1, 0]) {
    const opensOn = startOfDay(now, zone, days) + 1;
    const closesOn = window.from < window.to ? opensOn : startOfDay(now, zone, days + 1) + 1;
    const closes = momentOn(closesOn, window.to, zone);
    if (momentOn(opensOn, window.from, zone) <= now && now < closes) return closes;
  }
  return undefined;
}

/** The moment at which the window opens next, after `now`. */
export function openingTime(window: TimeWindow, now: number, zone: string): number {
  const today = momentOn(now, window.from, zone);
  return today > now ? today : momentOn(startOfDay(now, zone, 1) + 1, window.from, zone);
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/**
 * Reads a moment as people say it: `today`, `yesterday`, `2026-11-24`, `2026-11-24 13:05` (with or without seconds, `T`,
 * an offset or `Z`), `90m`, `6h`, `3d`, `2w` (ago). Local times are those of `zone`. Throws `bad-time`, which names `flag`.
 */
export function parseMoment(text: string, flag: string, zone: string, now: number = Date.now()): number {
  const said = text.trim().toLowerCase();
  if (said === 'now') return now;
  if (said === 'today') return startOfDay(now, zone);
  if (said === 'yesterday') return startOfDay(now, zone, -1);
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)\s*([mhdw])$/.exec(said) ?? [];
  if (amount !== undefined) return now - Number(amount) * (UNITS[unit] ?? 0);
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:[t ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(z|[+-]\d\d:?\d\d)?)?$/.exec(said);
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
    `${flag} ${text}: not a time; write today, yesterday, 2026-11-24, "2026-11-24 13:05", or how long ago: 90m, 6h, 3d`,
  );
}

import { formatLocal, localTimeAt, startOfDay } from '../clock/time-zone.ts';

/** A span of time, and the zone of its labels. */
export interface Span {
  readonly since: number;
  readonly until: number;
  readonly zone: string;
}

const MOST_LABELS = 8;
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
/** Distances of labels: minutes within two days, else days. */
const STEPS_MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720];
const STEPS_DAYS = [1, 2, 3, 7, 14, 30, 60, 90, 182, 365];
/** Labels that are closer to an end of the axis than this share of it would run into the label there. */
const NEAR = 0.08;

/** `22:05`, as clocks in `zone` show it. */
export function formatHour(epoch: number, zone: string): string {
  const { hour, minute } = localTimeAt(epoch, zone);
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

function inDays({ since, until }: Span): boolean {
  return until - since > 2 * DAY_MINUTES * MINUTE_MS;
}

function minuteTicks({ since, until, zone }: Span): number[] {
  const minutes = (until - since) / MINUTE_MS;
  const step = STEPS_MINUTES.find((one) => minutes / one <= MOST_LABELS) ?? DAY_MINUTES;
  // Offsets of zones, and their changes, are quarters of an hour.
  const stride = step < 60 ? 1 : 15;
  const first =
    startOfDay(since, zone) + Math.ceil((since - startOfDay(since, zone)) / (stride * MINUTE_MS)) * stride * MINUTE_MS;
  const ticks: number[] = [];
  for (let at = first; at < until; at += stride * MINUTE_MS) {
    const { hour, minute, second } = localTimeAt(at, zone);
    if (second === 0 && (hour * 60 + minute) % step === 0) ticks.push(at);
  }
  return ticks;
}

function dayTicks({ since, until, zone }: Span): number[] {
  const days = (until - since) / MINUTE_MS / DAY_MINUTES;
  const step = STEPS_DAYS.find((one) => days / one <= MOST_LABELS) ?? Math.ceil(days / MOST_LABELS);
  const ticks: number[] = [];
  for (let day = 0; ; day += step) {
    const at = startOfDay(since, zone, day);
    if (at >= until) return ticks;
    if (at >= since) ticks.push(at);
  }
}

/** Where the axis of a timeline has labels: full hours by the clock (which may jump for summer time), or days; at most eight. */
export function axisOf(span: Span): number[] {
  return inDays(span) ? dayTicks(span) : minuteTicks(span);
}

/** A label of a timeline. */
export interface AxisLabel {
  /** 0 to 1. */
  readonly share: number;
  readonly text: string;
}

/** The labels of a timeline: those of its axis, and when it begins and ends. */
export function labelsOf(span: Span): AxisLabel[] {
  const { since, until, zone } = span;
  const textOf = (at: number): string => (inDays(span) ? formatLocal(at, zone).slice(5, 10) : formatHour(at, zone));
  const ticks = axisOf(span).map((at) => ({ share: (at - since) / (until - since), text: textOf(at) }));
  const midnight = !inDays(span) && startOfDay(until, zone) === until;
  const end = { share: 1, text: midnight ? '24:00' : textOf(until) };
  const between = ticks.filter(({ share }) => share >= NEAR && share <= 1 - NEAR);
  return [{ share: 0, text: textOf(since) }, ...between, end];
}

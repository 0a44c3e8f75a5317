import { escapeHtml } from '../../core/text/html.ts';
import { localTimeAt, startOfDay } from '../clock/time-zone.ts';
import type { RecordingState } from '../recordings/recordings.ts';
import type { CameraReport, Moment } from './report.ts';

/** A span of time, and the zone of its labels. */
export interface Span {
  readonly since: number;
  readonly until: number;
  readonly zone: string;
}

/** Resolution of a timeline; marks that are closer are merged. */
const FINEST = 600;
const LABELS = 8;
const STEPS_HOURS = [1, 2, 3, 6, 12, 24];
const HOUR_MS = 3_600_000;

const WORDS = { done: 'described', partial: 'in part', failed: 'failed', pending: 'waits', gone: 'gone' } as const;

function percent(time: number, { since, until }: Span): string {
  return `${((100 * (Math.min(until, Math.max(since, time)) - since)) / (until - since)).toFixed(2)}%`;
}

/** `22:05`, as clocks in `zone` show it. */
export function formatHour(epoch: number, zone: string): string {
  const { hour, minute } = localTimeAt(epoch, zone);
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

/** Labels of a timeline: full hours by the clock (which may jump for summer time), at most eight. */
export function axisOf({ since, until, zone }: Span): number[] {
  const step = STEPS_HOURS.find((hours) => (until - since) / (hours * HOUR_MS) <= LABELS) ?? 24;
  const marks: number[] = [];
  for (let day = 0; day < 400; day += 1) {
    const [from, to] = [startOfDay(since, zone, day), startOfDay(since, zone, day + 1)];
    if (from >= until) break;
    for (let at = from; at < to; at += HOUR_MS / 4) {
      const { hour, minute } = localTimeAt(at, zone);
      if (minute === 0 && hour % step === 0 && at >= since && at < until) marks.push(at);
    }
    // A span of weeks has more labels than that anyway.
    if (marks.length > 4 * LABELS) break;
  }
  return marks;
}

/** Recordings of one state without a gap that could be seen. Times are milliseconds since 1970. */
export interface TimelineBar {
  from: number;
  to: number;
  readonly state: RecordingState;
}

function finestOf({ since, until }: Span): number {
  return (until - since) / FINEST;
}

/** The bars of a camera's timeline. */
export function barsOf({ recordings }: CameraReport, span: Span): TimelineBar[] {
  const finest = finestOf(span);
  const bars: TimelineBar[] = [];
  for (const { start, duration, state } of recordings) {
    const last = bars.at(-1);
    const to = start + Math.max(duration, finest);
    if (last?.state === state && start - last.to < finest) last.to = Math.max(last.to, to);
    else bars.push({ from: start, to, state });
  }
  return bars;
}

/** The moments that a camera's timeline has room for: the first of those that are closer than can be told apart. */
export function marksOf({ moments }: CameraReport, span: Span): Moment[] {
  const finest = finestOf(span);
  const marks: Moment[] = [];
  for (const moment of moments) {
    const last = marks.at(-1);
    if (last === undefined || moment.start - last.start >= finest) marks.push(moment);
  }
  return marks;
}

/** A camera's timeline: a bar for each recording, coloured by its state, and a mark for each moment. */
export function timelineOf(camera: CameraReport, span: Span): string {
  const { name, recordings, moments } = camera;
  const bars = barsOf(camera, span);
  const marks = marksOf(camera, span);
  const words = `${recordings.length} recordings, ${moments.length} moments`;
  return [
    `<div class="line" role="img" aria-label="${escapeHtml(`Timeline of ${name}: ${words}`)}">`,
    ...bars.map(({ from, to, state }) => {
      const title = `${formatHour(from, span.zone)}–${formatHour(to, span.zone)} ${WORDS[state]}`;
      const width = Number.parseFloat(percent(to, span)) - Number.parseFloat(percent(from, span));
      return `<i class="bar ${state}" style="left:${percent(from, span)};width:${width.toFixed(2)}%" title="${title}"></i>`;
    }),
    ...marks.map(({ start }) => `<i class="mark" style="left:${percent(start, span)}"></i>`),
    ...axisOf(span).map((at) => `<span style="left:${percent(at, span)}">${formatHour(at, span.zone)}</span>`),
    '</div>',
  ].join('\n');
}

import { escapeHtml } from '../../core/text/html.ts';
import type { RecordingState } from '../recordings/recordings.ts';
import { formatHour, labelsOf, type Span } from './axis.ts';
import type { CameraReport, Moment } from './report.ts';

/** Resolution of a timeline; marks that are closer are merged. */
const FINEST = 600;

const WORDS = { done: 'described', partial: 'in part', failed: 'failed', pending: 'waits', gone: 'gone' } as const;

function percent(time: number, { since, until }: Span): string {
  return `${((100 * (Math.min(until, Math.max(since, time)) - since)) / (until - since)).toFixed(2)}%`;
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

/** The moments that a camera's timeline has room for: the first of those that are too close to be distinguished. */
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
    ...labelsOf(span).map(({ share, text }) =>
      share === 1
        ? `<span class="end">${text}</span>`
        : `<span style="left:${(100 * share).toFixed(2)}%">${text}</span>`,
    ),
    '</div>',
  ].join('\n');
}

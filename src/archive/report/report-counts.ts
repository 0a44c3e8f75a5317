import { counted } from '../../core/text/wording.ts';
import type { Report } from './report.ts';

/** Numbers in a report. Described, failed, waiting, unfinished and gone recordings add up to all. */
export interface ReportCounts {
  readonly cameras: number;
  readonly recordings: number;
  /** Recordings that are captioned. */
  readonly described: number;
  /** Those of them that are captioned only in part. */
  readonly partial: number;
  readonly failed: number;
  readonly waiting: number;
  readonly unfinished: number;
  /** Files that were removed before they were captioned. */
  readonly gone: number;
  /** Recordings whose times are those of the last change of their files. */
  readonly guessed: number;
  readonly moments: number;
}

/** Adds up a report. */
export function countsOf({ cameras, issues }: Report): ReportCounts {
  const all = cameras.flatMap(({ recordings }) => recordings);
  const of = (...states: string[]): number => all.filter(({ state }) => states.includes(state)).length;
  const unfinished = issues.filter(({ what }) => what === 'unfinished').length;
  return {
    cameras: cameras.length,
    recordings: all.length + unfinished,
    described: of('done', 'partial'),
    partial: of('partial'),
    failed: of('failed'),
    waiting: of('pending'),
    unfinished,
    gone: of('gone'),
    guessed: all.filter(({ startFrom }) => startFrom === 'mtime').length,
    moments: cameras.reduce((sum, { moments }) => sum + moments.length, 0),
  };
}

/** `6 recordings from 2 cameras: 4 described (1 in part), 1 failed, 1 waiting` */
export function countsText(counts: ReportCounts): string {
  const { cameras, recordings, described, partial, failed, waiting, unfinished, gone, guessed } = counts;
  const parts = [
    `${described} described${partial > 0 ? ` (${partial} in part)` : ''}`,
    `${failed} failed`,
    `${waiting} waiting`,
    ...(unfinished > 0 ? [`${unfinished} unfinished`] : []),
    ...(gone > 0 ? [`${gone} gone`] : []),
  ];
  const times = guessed === 0 ? '' : `; the times of ${guessed} are guessed`;
  return `${counted(recordings, 'recording')} from ${counted(cameras, 'camera')}: ${parts.join(', ')}${times}`;
}

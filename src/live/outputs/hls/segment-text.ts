import type { Micros } from '../../../core/types.ts';
import { vttTime } from '../../../pipeline/cues/time.ts';
import { escapeVtt } from '../../../pipeline/styling/vtt-text.ts';

/** A cue of a segment, in milliseconds since 1970. */
export interface ShownCue {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** How the time of day maps to the source's clock: at `at` the frame with `pts` was shown. */
export interface TimestampMap {
  readonly pts: Micros;
  readonly at: number;
  /** The time of day that is 00:00:00.000 in the segment. Later than no cue. */
  readonly zero: number;
}

/** MPEG-TS counts to this, at 90 kHz: 26.5 hours. */
const MPEGTS_WRAP = 2 ** 33;

/** The position of 00:00:00.000 on the clock of MPEG-TS. */
function mpegtsOf({ pts, at, zero }: TimestampMap): number {
  const ticks = Math.round((pts / 1000 + zero - at) * 90);
  return ((ticks % MPEGTS_WRAP) + MPEGTS_WRAP) % MPEGTS_WRAP;
}

/**
 * A WebVTT segment of live HLS (RFC 8216, 3.5). A cue's id is its start, so that players that find it in several segments show it
 * once.
 */
export function segmentText(cues: readonly ShownCue[], map: TimestampMap): string {
  const local = (time: number): string => vttTime(Math.max(0, time - map.zero) * 1000);
  const blocks = cues
    .filter(({ end }) => end > map.zero)
    .map(({ start, end, text }) => `\n${start}\n${local(start)} --> ${local(end)}\n${escapeVtt(text)}\n`);
  return `WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:${mpegtsOf(map)},LOCAL:00:00:00.000\n${blocks.join('')}`;
}

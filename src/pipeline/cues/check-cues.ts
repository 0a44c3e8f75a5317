import type { Interval } from '../../core/time/intervals.ts';
import type { Micros } from '../../core/types.ts';
import type { ReadCue } from '../formats/parse-cues.ts';
import { graphemeCount } from './layout.ts';
import type { Profile } from './profiles.ts';
import { readingTime, readingUnits } from './spacing.ts';

/**
 * Rules of readability:
 * - `overlap`: the cue starts before one that started earlier has ended; measured is the time that both are shown.
 * - `order`: the cue stands after one that starts later, by so much.
 * - `speech`: somebody speaks while the cue is shown; measured is for how long.
 * - `line-length`, `lines`, `reading-speed`, `too-short`, `too-long`: the profile's limits.
 * - `gap`: the gap after the previous cue is shorter than the profile allows.
 */
export type Rule =
  | 'speech'
  | 'overlap'
  | 'order'
  | 'line-length'
  | 'lines'
  | 'reading-speed'
  | 'too-short'
  | 'too-long'
  | 'gap';

/** A rule that a cue breaks. */
export interface Violation {
  /** Position of the cue in its file, from 1. */
  readonly cue: number;
  /** Microseconds from the track's zero. */
  readonly start: Micros;
  readonly rule: Rule;
  /** The measured value and the limit, in `unit`: seconds, lines, characters, `characters a second`, `words a minute`. */
  readonly value: number;
  readonly limit: number;
  readonly unit: string;
}

/** Times in a track are whole milliseconds, so a duration may be off by one. */
const ROUNDING: Micros = 1000;

function inSeconds(time: Micros): number {
  return Math.round(time / 1000) / 1000;
}

function* checkText({ lines, start, end }: ReadCue, { lineLength, lines: most, speed }: Profile) {
  if (lines.length > most) yield { rule: 'lines', value: lines.length, limit: most, unit: 'lines' } as const;
  const longest = Math.max(0, ...lines.map(graphemeCount));
  if (longest > lineLength) {
    yield { rule: 'line-length', value: longest, limit: lineLength, unit: 'characters' } as const;
  }
  const text = lines.join('\n');
  if (speed !== undefined && readingTime(text, speed) > end - start + ROUNDING) {
    const seconds = (end - start) / 1e6;
    const rate = readingUnits(text, speed) / (speed.unit === 'words a minute' ? seconds / 60 : seconds);
    yield { rule: 'reading-speed', value: Math.round(rate * 10) / 10, limit: speed.most, unit: speed.unit } as const;
  }
}

function* checkTimes(cue: ReadCue, before: ReadCue | undefined, { minimum, maximum, gap }: Profile) {
  const duration = cue.end - cue.start;
  const seconds = (rule: Rule, value: Micros, limit: Micros) =>
    ({ rule, value: inSeconds(value), limit: inSeconds(limit), unit: 'seconds' }) as const;
  if (minimum !== undefined && duration + ROUNDING < minimum) yield seconds('too-short', duration, minimum);
  if (maximum !== undefined && duration - ROUNDING > maximum) yield seconds('too-long', duration, maximum);
  if (before === undefined) return;
  const pause = cue.start - before.end;
  if (pause < 0) yield seconds('overlap', Math.min(-pause, duration), 0);
  else if (gap !== undefined && pause + ROUNDING < gap.least && !(gap.orNone && pause === 0)) {
    yield seconds('gap', pause, gap.least);
  }
}

/** How much earlier each cue starts than one before it in the file, in microseconds; 0 where the order is right. */
function disorder(cues: readonly ReadCue[]): Map<ReadCue, Micros> {
  let latest = 0;
  return new Map(
    cues.map((cue) => {
      latest = Math.max(latest, cue.start);
      return [cue, latest - cue.start];
    }),
  );
}

/** For how long somebody speaks during a cue, in microseconds. */
function overlapOf({ start, end }: ReadCue, speech: readonly Interval[]): Micros {
  return speech.reduce((sum, one) => sum + Math.max(0, Math.min(end, one.end) - Math.max(start, one.start)), 0);
}

/** Checks a track's cues against a profile, and against the speech of the video where that is known; yields violations in the order of the cues' times. */
export function* checkCues(
  cues: readonly ReadCue[],
  profile: Profile,
  speech: readonly Interval[] = [],
): Generator<Violation> {
  const late = disorder(cues);
  let before: ReadCue | undefined;
  for (const cue of [...cues].sort((a, b) => a.start - b.start)) {
    const of = { cue: cue.number, start: cue.start };
    const behind = late.get(cue) ?? 0;
    if (behind > 0) yield { ...of, rule: 'order', value: inSeconds(behind), limit: 0, unit: 'seconds' };
    for (const found of checkTimes(cue, before, profile)) yield { ...of, ...found };
    const spoken = overlapOf(cue, speech);
    if (spoken > ROUNDING) yield { ...of, rule: 'speech', value: inSeconds(spoken), limit: 0, unit: 'seconds' };
    for (const found of checkText(cue, profile)) yield { ...of, ...found };
    if (before === undefined || cue.end > before.end) before = cue;
  }
}

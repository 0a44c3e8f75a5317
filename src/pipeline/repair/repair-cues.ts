import type { Micros } from '../../core/types.ts';
import { breakText, graphemeCount } from '../cues/layout.ts';
import type { Profile } from '../cues/profiles.ts';
import { readingTime } from '../cues/spacing.ts';
import type { RepairedCue } from './fix-changes.ts';
import type { RawCue } from './raw-track.ts';

/** A cue must last a millisecond to be written. */
const TICK: Micros = 1000;
/** By how much a cue may start later so that the one before it has its time. */
const MOST_DELAY: Micros = 1_000_000;
/** Markup, or two speakers: such lines are not broken again. */
const MARKED = /[<>{}&]|^\s*[-–—]/;

/** Time that a cue should be shown. */
function needed({ lines }: RawCue, { minimum = TICK, speed }: Profile): Micros {
  const text = lines.join('\n').replace(/<[^>]*>|\{[^}]*\}/g, '');
  return Math.max(minimum, speed === undefined ? 0 : readingTime(text, speed));
}

/** Whole milliseconds, upwards, so that a cue is not too short by a rounding. */
function ceilToTick(time: Micros): Micros {
  return Math.ceil(time / TICK) * TICK;
}

function withLines(cue: RawCue, { lineLength, lines: most }: Profile): RawCue {
  const tooLong = cue.lines.length > most || cue.lines.some((line) => graphemeCount(line) > lineLength);
  if (!tooLong || cue.lines.some((line) => MARKED.test(line))) return cue;
  const [broken, ...more] = breakText(cue.lines.join(' ').replace(/\s+/gu, ' ').trim(), lineLength);
  return broken === undefined || more.length > 0 ? cue : { ...cue, lines: broken.split('\n') };
}

/** The earliest end that makes a cue no shorter than it has to be, or than it is. */
function earliestEnd(cue: RawCue, profile: Profile): Micros {
  return Math.min(cue.end, cue.start + ceilToTick(needed(cue, profile)));
}

/**
 * Starts the cue after `cue` later where they overlap, as far as both then have the time that they need: shortened to the start of the next
 * one, `cue` would be too short.
 */
function delayed(cue: RawCue, next: RawCue, profile: Profile): RawCue {
  const pause = profile.gap === undefined || profile.gap.orNone ? 0 : ceilToTick(profile.gap.least);
  const start = earliestEnd(cue, profile) + pause;
  const fits = start - next.start <= MOST_DELAY && next.end - start >= ceilToTick(needed(next, profile));
  return next.start < cue.end && next.start < start && fits ? { ...next, start } : next;
}

/** The end of a cue that is followed by one that starts at `next`. It keeps the time that it needs, even where it overlaps the next one. */
function endOf(cue: RawCue, next: Micros, profile: Profile): Micros {
  return Math.max(wantedEnd(cue, next, profile), earliestEnd(cue, profile));
}

function wantedEnd(cue: RawCue, next: Micros, profile: Profile): Micros {
  const { gap, maximum } = profile;
  const need = ceilToTick(needed(cue, profile));
  const apart = gap === undefined || gap.orNone ? next : Math.max(cue.start + TICK, next - ceilToTick(gap.least));
  let end = Math.max(cue.end, cue.start + need);
  if (maximum !== undefined && need <= maximum) end = Math.min(end, cue.start + maximum);
  // A cue that starts together with the next one overlaps it, whatever its end.
  if (next <= cue.start) return end;
  if (gap?.orNone === true && end < next && next - end < gap.least) {
    const joined = maximum === undefined || next - cue.start <= Math.max(maximum, cue.end - cue.start);
    return joined ? next : next - ceilToTick(gap.least);
  }
  return Math.min(end, Math.max(apart, cue.start + TICK));
}

/** True for a cue that shows nothing: no text, or markup alone. */
function isEmpty({ lines }: RawCue): boolean {
  return (
    lines
      .join('')
      .replace(/<[^>]*>|\{\\[^}]*\}|&nbsp;/g, '')
      .trim() === ''
  );
}

/** What stands before cues that are gone stands before the next one. */
function withoutEmpty(cues: readonly RawCue[]): { readonly kept: RawCue[]; readonly after: string[] } {
  const kept: RawCue[] = [];
  let before: string[] = [];
  for (const cue of cues) {
    before.push(...cue.before);
    if (isEmpty(cue)) continue;
    kept.push({ ...cue, before });
    before = [];
  }
  return { kept, after: before };
}

/**
 * Repairs what can be repaired without a change of words and without a new fault: the order, times that end before they start, overlaps, cues that
 * are too short or too long, gaps, line breaks, cues without text, and settings that players ignore. The cues come in the
 * order of their times, those that are gone last; `after` is what stood before the latter at the end of the file.
 */
export function repairCues(
  cues: readonly RawCue[],
  profile: Profile,
  repairSettings: (settings: string) => string,
): { readonly cues: RepairedCue[]; readonly after: string[] } {
  const { kept, after } = withoutEmpty(cues);
  const ordered = kept.sort((a, b) => a.start - b.start);
  let begun: RawCue | undefined;
  const repaired = ordered.map((was, at): RepairedCue => {
    const cue = begun ?? was;
    const following = ordered[at + 1];
    // The order stays: a cue does not start later than the one after it.
    const later = following === undefined ? undefined : delayed(cue, following, profile);
    begun =
      later !== undefined && later.start <= (ordered[at + 2]?.start ?? Number.POSITIVE_INFINITY) ? later : following;
    const next = begun?.start ?? Number.POSITIVE_INFINITY;
    const { malformed: _, ...sound } = cue;
    const settings = repairSettings(cue.settings);
    return { was, now: withLines({ ...sound, settings, end: endOf(cue, next, profile) }, profile) };
  });
  return { cues: [...repaired, ...cues.filter(isEmpty).map((was) => ({ was }))], after };
}

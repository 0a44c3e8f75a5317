import type { Cue, Micros } from '../../core/types.ts';
import { splitAnnouncement } from '../screen-text/announcement.ts';
import { breakText, graphemeCount } from './layout.ts';
import type { Span } from './merge.ts';
import type { ReadingSpeed } from './profiles.ts';
import type { CueRules } from './rules.ts';
import { wordCount } from './text.ts';
import type { Transducer } from './transducer.ts';

/** A cue must last a millisecond to be written. */
const TICK: Micros = 1000;

/** Time to read a cue's text at that speed, in microseconds, rounded up. */
export function readingTime(text: string, speed: ReadingSpeed): Micros {
  const amount = readingUnits(text, speed);
  return Math.ceil((amount * (speed.unit === 'characters a second' ? 1e6 : 60e6)) / speed.most);
}

/** Characters or words of a cue's text, as the unit of a reading speed counts them. Line breaks do not count. */
export function readingUnits(text: string, { unit }: ReadingSpeed): number {
  return unit === 'characters a second' ? graphemeCount(text.replaceAll('\n', '')) : wordCount(text);
}

/** Minimum duration of one cue, including the gap that must follow it, in microseconds. */
export function minimumForCue(text: string, { profile, minimum }: CueRules): Micros {
  const { speed, gap } = profile;
  const reading = speed === undefined ? 0 : readingTime(text, speed);
  return Math.max(minimum, reading) + (gap === undefined || gap.orNone ? 0 : gap.least);
}

/**
 * Minimum duration of a span, in one or several cues, in microseconds. Where the profile's reading speed yields, a scene may end before its text was
 * read, and a text of several cues then gets the minimum of one; a scene that goes on leaves time to read it.
 */
export function minimumFor({ text, goesOn }: Pick<Span, 'text' | 'goesOn'>, rules: CueRules): Micros {
  return rules.profile.speedYields === true && goesOn !== true ? rules.minimum : readableIn(text, rules);
}

/** The time that a tidy text takes to read at the profile's speed, in one or several cues, in microseconds; without a speed the minimum of one cue. */
export function readableIn(text: string, rules: CueRules): Micros {
  const { speed, lineLength } = rules.profile;
  if (speed === undefined) return rules.minimum;
  const together = breakText(text, lineLength);
  const announcement = together.length === 1 ? undefined : splitAnnouncement(text);
  // Text in the picture has cues of its own where both do not fit into one.
  const texts =
    announcement === undefined
      ? together
      : [announcement.announced, announcement.caption].flatMap((part) => breakText(part, lineLength));
  return texts.reduce((sum, part) => sum + minimumForCue(part, rules), 0);
}

/**
 * Shortens cues to the profile's maximum duration, and so that the profile's minimum gap lies between two of them (or,
 * with `gap.orNone`, no gap at all). Holds back one cue where the profile has such a rule.
 */
export function enforceSpacing({ profile: { maximum, gap } }: CueRules): Transducer<Cue, Cue> {
  if (maximum === undefined && gap === undefined) return { next: (cue) => [cue], end: () => [] };
  let previous: Cue | undefined;

  const spaced = (cue: Cue, next: Cue): Cue => {
    if (gap === undefined || next.start - cue.end >= gap.least) return cue;
    return { ...cue, end: gap.orNone ? next.start : Math.max(cue.start + TICK, next.start - gap.least) };
  };

  return {
    next(cue) {
      const done = previous === undefined ? [] : [spaced(previous, cue)];
      previous = maximum === undefined ? cue : { ...cue, end: Math.min(cue.end, cue.start + maximum) };
      return done;
    },
    end: () => (previous === undefined ? [] : [previous]),
  };
}

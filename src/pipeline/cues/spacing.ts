import type { Cue, Micros } from '../../core/types.ts';
import { breakText, graphemeCount } from './layout.ts';
import type { ReadingSpeed } from './profiles.ts';
import type { CueRules } from './rules.ts';
import { wordCount } from './text.ts';
import type { Transducer } from './transducer.ts';

/** A cue has to last a millisecond to be written. */
const TICK: Micros = 1000;

/** How long it takes to read a cue's text, its lines joined by line feeds. */
export function readingTime(text: string, speed: ReadingSpeed): Micros {
  const amount = readingUnits(text, speed);
  return Math.ceil((amount * (speed.unit === 'characters a second' ? 1e6 : 60e6)) / speed.most);
}

/** What a reading speed counts in a cue's text. A line's end counts for nothing. */
export function readingUnits(text: string, { unit }: ReadingSpeed): number {
  return unit === 'characters a second' ? graphemeCount(text.replaceAll('\n', '')) : wordCount(text);
}

/** The time that one cue needs, with the gap that has to follow it. */
export function minimumForCue(text: string, { profile, minimum }: CueRules): Micros {
  const { speed, gap } = profile;
  const reading = speed === undefined ? 0 : readingTime(text, speed);
  return Math.max(minimum, reading) + (gap === undefined || gap.orNone ? 0 : gap.least);
}

/**
 * The time that a tidy text needs, in one cue or several. Where no reading speed is asked for, a text that takes several
 * cues has to do with the minimum of one: what is seen may have changed by then.
 */
export function minimumFor(text: string, rules: CueRules): Micros {
  const { speed, lineLength } = rules.profile;
  if (speed === undefined) return rules.minimum;
  return breakText(text, lineLength).reduce((sum, part) => sum + minimumForCue(part, rules), 0);
}

/**
 * Ends cues in time: none is shown for longer than the profile's maximum, and between two lies the gap that it asks
 * for, or where it allows that, none at all. Holds back one cue where there is something to do.
 */
export function enforceSpacing({ profile: { maximum, gap } }: CueRules): Transducer<Cue, Cue> {
  if (maximum === undefined && gap === undefined) return { next: (cue) => [cue], end: () => [] };
  let held: Cue | undefined;

  const spaced = (cue: Cue, next: Cue): Cue => {
    if (gap === undefined || next.start - cue.end >= gap.least) return cue;
    return { ...cue, end: gap.orNone ? next.start : Math.max(cue.start + TICK, next.start - gap.least) };
  };

  return {
    next(cue) {
      const done = held === undefined ? [] : [spaced(held, cue)];
      held = maximum === undefined ? cue : { ...cue, end: Math.min(cue.end, cue.start + maximum) };
      return done;
    },
    end: () => (held === undefined ? [] : [held]),
  };
}

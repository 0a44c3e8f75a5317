import { gapsBetween, type Interval } from '../../core/time/intervals.ts';
import type { Micros } from '../../core/types.ts';
import { splitAnnouncement } from '../screen-text/announcement.ts';
import type { Span } from './merge.ts';
import type { CueRules } from './rules.ts';
import { versionsOf } from './shorten.ts';
import { readableIn } from './spacing.ts';
import { SIMILAR, wordCount, wordOverlap } from './text.ts';
import type { Transducer } from './transducer.ts';

/** A text that no cue has. Times are those of what it describes, from the track's zero. */
export interface DroppedText {
  /** `dialogue`: no gap of the dialogue has room for it; `too-short`: its scene ended before the text before it had been shown. */
  readonly reason: 'dialogue' | 'too-short';
  readonly start: Micros;
  readonly end: Micros;
  readonly text: string;
}

/** A span and its text or a shorter version of it, placed where nobody speaks. */
interface Placement {
  readonly start: Micros;
  readonly end: Micros;
  readonly text: string;
}

/** How long it takes to speak or to read a text, whichever takes longer, in microseconds. */
export function descriptionTime(text: string, rules: CueRules): Micros {
  return Math.max(Math.ceil((wordCount(text) * 60e6) / rules.profile.spokenWords), readableIn(text, rules));
}

/** How much a listener would miss a description: text in the picture, a new scene, what was said before. */
function importanceOf({ text }: Span, before: string): number {
  if (splitAnnouncement(text) !== undefined) return 2;
  return wordOverlap(text, before) >= SIMILAR ? 0 : 1;
}

/**
 * Places descriptions in the gaps of the dialogue. Each stands in a gap while what it describes is to be seen, as long as it can: the whole text
 * where one of these gaps is long enough, else a shorter version. One that is too short by itself may last into the time of the next one, if
 * that one still fits afterwards or matters no more. What has no room is left out. Replaces the rules for
 * minimum durations and spacing: nothing it returns overlaps the speech. Holds back one span.
 * @param speech intervals in order that do not overlap
 * @param onDropped called for each description that is left out
 */
export function fitToGaps(
  rules: CueRules,
  speech: readonly Interval[],
  onDropped: (dropped: DroppedText) => void,
): Transducer<Span, Span> {
  const { gap, maximum } = rules.profile;
  const pause = gap === undefined || gap.orNone ? 0 : gap.least;
  let held: Span | undefined;
  /** When the last description has ended, with the pause after it. */
  let free: Micros = 0;
  let before = '';

  const needed = (text: string) => descriptionTime(text, rules);

  const placeWithin = ({ text, end, shownUntil = end }: Span, gaps: readonly Interval[]): Placement | undefined => {
    for (const version of versionsOf(text)) {
      const time = needed(version);
      // Text in the picture is not announced when it has gone.
      const latest = splitAnnouncement(version) === undefined ? end : shownUntil;
      const found = gaps.find((gap) => gap.start < latest && gap.end - gap.start >= time);
      if (found !== undefined) return { start: found.start, end: found.end, text: version };
    }
    return undefined;
  };

  /** A place that lasts into the time of the next description. */
  const placeAcross = (span: Span, next: Span): Placement | undefined => {
    const start = Math.max(span.start, free);
    const found = gapsBetween(speech, { start, end: next.end }).find(
      (one) => one.start < span.end && one.end > span.end,
    );
    const placed = found === undefined ? undefined : placeWithin(span, [found]);
    if (found === undefined || placed === undefined) return undefined;
    const end = placed.start + needed(placed.text);
    const rest = gapsBetween(speech, { start: end + pause, end: next.end });
    const nextFits = placeWithin(next, rest) !== undefined;
    if (!nextFits && importanceOf(next, span.text) > importanceOf(span, before)) return undefined;
    return { ...placed, end: Math.max(end, Math.min(span.end, found.end)) };
  };

  const place = (span: Span, next: Span | undefined): Placement | undefined => {
    const start = Math.max(span.start, free);
    const own = start >= span.end ? undefined : placeWithin(span, gapsBetween(speech, { start, end: span.end }));
    return own ?? (next === undefined ? undefined : placeAcross(span, next));
  };

  const finish = (span: Span, next: Span | undefined): Span[] => {
    const placed = place(span, next);
    if (placed === undefined) {
      onDropped({ reason: 'dialogue', start: span.start, end: span.end, text: span.text });
      return [];
    }
    const end = maximum === undefined ? placed.end : Math.min(placed.end, placed.start + maximum);
    free = end + pause;
    before = placed.text;
    return [{ ...span, ...placed, end }];
  };

  return {
    next(span) {
      const done = held === undefined ? [] : finish(held, span);
      held = span;
      return done;
    },
    end() {
      return held === undefined ? [] : finish(held, undefined);
    },
  };
}

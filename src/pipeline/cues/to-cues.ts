import { type OperatorFunction, pipe } from 'rxjs';
import type { Caption, Cue } from '../../core/types.ts';
import { breakText, divideTime, graphemeCount } from './layout.ts';
import { mergeCaptions, type Span } from './merge.ts';
import { enforceMinDuration } from './min-duration.ts';
import type { CueRules, Timeline } from './rules.ts';
import { enforceSpacing, minimumFor, minimumForCue } from './spacing.ts';
import { mapState } from './transducer.ts';

/**
 * How many keyframes a cue names at most: an hour of one still scene at a look every ten seconds. A longer one names
 * the first, the last, and an even choice of those between, so that a cue does not grow with the video.
 */
export const MAX_KEYFRAMES_PER_CUE = 360;

function named(first: number, last: number): number[] {
  const count = last - first + 1;
  if (count <= MAX_KEYFRAMES_PER_CUE) return Array.from({ length: count }, (_, at) => first + at);
  return Array.from(
    { length: MAX_KEYFRAMES_PER_CUE },
    (_, at) => first + Math.round((at * (last - first)) / (MAX_KEYFRAMES_PER_CUE - 1)),
  );
}

/** The cues of one span: one, or several in a row where its text is longer than a cue holds. */
function cuesOf(span: Span, rules: CueRules): Cue[] {
  const from = named(span.first, span.last);
  const { speed, maximum, lineLength } = rules.profile;
  const texts = breakText(span.text, lineLength);
  // Less than a millisecond a part could not be written: then the text stays whole, however many lines that takes.
  const parts = span.end - span.start < 1000 * texts.length ? [texts.join('\n')] : texts;
  // Parts that follow each other shall not wait for a part that was on the screen for longer than it may.
  const end = maximum === undefined ? span.end : Math.min(span.end, span.start + maximum * parts.length);
  const weights = parts.map((part) => (speed === undefined ? graphemeCount(part) : minimumForCue(part, rules)));
  const ends = divideTime(span.start, end, weights, rules.minimum);
  return parts.map((text, at) => ({
    start: ends[at - 1] ?? span.start,
    end: ends[at] ?? end,
    text,
    from,
  }));
}

/**
 * Captions, in order of their index, to the cues that a viewer sees, in track time. A cue leaves as soon as what
 * follows has fixed its end; the last ones on completion, when `timeline.end` is asked. What merges, what waits and
 * what makes a gap: see `mergeCaptions`, `paceSpans` and `spaceCues`. Holds a few captions, however long the video.
 */
export function toCues(rules: CueRules, timeline: Timeline): OperatorFunction<Caption, Cue> {
  return pipe(
    mapState(() => mergeCaptions(rules, timeline.zero, timeline.end)),
    mapState(() => enforceMinDuration((text) => minimumFor(text, rules), timeline.zero, timeline.end)),
    mapState(() => ({ next: (span: Span) => cuesOf(span, rules), end: () => [] })),
    mapState(() => enforceSpacing(rules)),
  );
}

import type { Caption, Micros } from '../../core/types.ts';
import type { CueRules } from './rules.ts';
import { equalIgnoringCase, SIMILAR, tidy, wordOverlap } from './text.ts';
import type { Transducer } from './transducer.ts';

/**
 * A text and the time for which it holds, in microseconds from the track's zero, as the captions alone determine it:
 * without a minimum duration or line breaks.
 */
export interface Span {
  readonly start: Micros;
  readonly end: Micros;
  readonly text: string;
  /** Index of the first keyframe that it describes. All up to `last` belong to it. */
  readonly first: number;
  readonly last: number;
  /** Until when the text in the picture that it announces is shown, where that ends before the span. */
  readonly shownUntil?: Micros;
}

/** Consecutive captions with the same meaning. One caption is a run as well. */
interface Run {
  readonly start: Micros;
  /** Time of its last keyframe. */
  readonly lastSeen: Micros;
  /** The wording with the highest confidence, and that confidence. */
  readonly text: string;
  readonly confidence: number;
  readonly first: number;
  readonly last: number;
}

function join(run: Run, next: Run): Run {
  // Of equally confident wordings the earlier one stays, so that nothing changes without a reason.
  const { text, confidence } = next.confidence > run.confidence ? next : run;
  return { start: run.start, lastSeen: next.lastSeen, text, confidence, first: run.first, last: next.last };
}

function isSimilar(a: Run, b: Run): boolean {
  return equalIgnoringCase(a.text, b.text) || wordOverlap(a.text, b.text) >= SIMILAR;
}

/**
 * Merges captions, in order, into spans: consecutive captions with equal texts become one. A caption that is missing
 * (failed, empty, or less confident than `minConfidence`) leaves a gap.
 *
 * In a still scene nothing has changed, so a new wording is noise of the model: a caption with a similar text joins the
 * current run under the more confident wording, and a single outlier between two similar captions (A B A) is treated
 * as A.
 *
 * A span lasts until the next one, or until `tail` after its last keyframe; a gap shorter than the minimum duration is
 * closed, because it would flicker. Keyframes before the track's zero count as at zero; a run that ends before it makes
 * no span. The state is two runs, however long the video.
 * @param zero the track's zero on the captions' clock, in microseconds
 * @param end the end of the video on that clock; called on completion
 */
export function mergeCaptions(rules: CueRules, zero: Micros, end: () => Micros): Transducer<Caption, Span> {
  let current: Run | undefined;
  /** A caption of a still scene that differs from `current`. The next caption decides whether it is an outlier. */
  let candidate: Run | undefined;

  const reaches = (run: Run, time: Micros): boolean => time <= run.lastSeen + rules.tail + rules.minimum;

  const toSpan = ({ start, text, first, last }: Run, until: Micros): Span => ({ start, end: until, text, first, last });

  /** The span of a run that ends at `time` at the latest. */
  const closed = (run: Run, time: Micros): Span[] => {
    const until = reaches(run, time) ? time : run.lastSeen + rules.tail;
    return until <= run.start ? [] : [toSpan(run, until)];
  };

  const runOf = (caption: Caption): Run | undefined => {
    const text = tidy(caption.text);
    if (caption.error !== undefined || text === '' || caption.confidence < rules.minConfidence) return undefined;
    const start = Math.max(0, caption.pts - zero);
    const { confidence, index } = caption;
    return { start, lastSeen: start, text, confidence, first: index, last: index };
  };

  return {
    next(caption) {
      const run = runOf(caption);
      const time = Math.max(0, caption.pts - zero);
      const still = caption.still;
      const spans: Span[] = [];

      if (current !== undefined && candidate !== undefined) {
        if (run !== undefined && still && reaches(candidate, time) && isSimilar(current, run)) {
          current = join(current, run);
          candidate = undefined;
          return spans;
        }
        spans.push(...closed(current, candidate.start));
        current = candidate;
        candidate = undefined;
      }

      if (current === undefined) {
        current = run;
      } else if (run === undefined || !reaches(current, time)) {
        spans.push(...closed(current, time));
        current = run;
      } else if (equalIgnoringCase(current.text, run.text) || (still && isSimilar(current, run))) {
        current = join(current, run);
      } else if (still) {
        candidate = run;
      } else {
        spans.push(...closed(current, time));
        current = run;
      }
      return spans;
    },
    end() {
      const spans: Span[] = [];
      const videoEnd = Math.max(0, end() - zero);
      if (current !== undefined && candidate !== undefined) spans.push(...closed(current, candidate.start));
      const final = candidate ?? current;
      // The last keyframe may be right at the end. Its span then has no duration yet; enforceMinDuration finds it one.
      if (final !== undefined) {
        const until = Math.max(final.start, reaches(final, videoEnd) ? videoEnd : final.lastSeen + rules.tail);
        spans.push(toSpan(final, until));
      }
      return spans;
    },
  };
}

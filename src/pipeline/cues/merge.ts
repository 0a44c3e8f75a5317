import type { Caption, Micros } from '../../core/types.ts';
import type { CueRules } from './rules.ts';
import { equalIgnoringCase, SIMILAR, tidy, wordOverlap } from './text.ts';
import type { Transducer } from './transducer.ts';

/** One text and the time for which it holds, in track time, by the looks alone: no minimum yet, no line breaks. */
export interface Span {
  readonly start: Micros;
  readonly end: Micros;
  readonly text: string;
  /** Index of the first keyframe that it speaks of. All up to `last` belong to it. */
  readonly first: number;
  readonly last: number;
}

/** Neighbouring looks that say the same. */
interface Run {
  readonly start: Micros;
  readonly lastLook: Micros;
  readonly text: string;
  /** Of the wording shown: the highest of all its looks. */
  readonly confidence: number;
  readonly first: number;
  readonly last: number;
}

function join(run: Run, look: Run): Run {
  // The more confident wording stays; of equals the earlier, so that nothing changes without a reason.
  const { text, confidence } = look.confidence > run.confidence ? look : run;
  return { start: run.start, lastLook: look.lastLook, text, confidence, first: run.first, last: look.last };
}

function nearlyEqual(run: Run, look: Run): boolean {
  return equalIgnoringCase(run.text, look.text) || wordOverlap(run.text, look.text) >= SIMILAR;
}

/**
 * Captions, in order, to spans: neighbours that say the same become one, and a caption that is missing (failed, empty,
 * or below `minConfidence`) leaves a gap.
 *
 * On a still scene nothing changed, so a change of words is the model's wavering: a nearly equal caption joins the run
 * before it under the more confident wording, and a single odd one between two of a kind (A B A) is taken for A.
 *
 * A span lasts until the next, or until `tail` after its last look; a gap shorter than the minimum is closed rather
 * than let the track blink. Looks before the track's zero count as at zero; what is over by then makes no span.
 * The state is two runs, however long the video.
 */
export function mergeCaptions(rules: CueRules, zero: Micros, end: () => Micros): Transducer<Caption, Span> {
  let open: Run | undefined;
  /** A still look that disagrees with `open`: the next look tells whether it was a slip or a new text. */
  let odd: Run | undefined;

  const reaches = (run: Run, time: Micros): boolean => time <= run.lastLook + rules.tail + rules.minimum;

  const closed = (run: Run, time: Micros): Span[] => {
    const until = reaches(run, time) ? time : run.lastLook + rules.tail;
    if (until <= run.start) return [];
    return [{ start: run.start, end: until, text: run.text, first: run.first, last: run.last }];
  };

  const lookOf = (caption: Caption): Run | undefined => {
    const text = tidy(caption.text);
    if (caption.error !== undefined || text === '' || caption.confidence < rules.minConfidence) return undefined;
    const start = Math.max(0, caption.pts - zero);
    const { confidence, index } = caption;
    return { start, lastLook: start, text, confidence, first: index, last: index };
  };

  return {
    next(caption) {
      const look = lookOf(caption);
      const time = Math.max(0, caption.pts - zero);
      const still = caption.still;
      const spans: Span[] = [];

      if (open !== undefined && odd !== undefined) {
        if (look !== undefined && still && reaches(odd, time) && nearlyEqual(open, look)) {
          open = join(open, look);
          odd = undefined;
          return spans;
        }
        spans.push(...closed(open, odd.start));
        open = odd;
        odd = undefined;
      }

      if (open === undefined) {
        open = look;
      } else if (look === undefined || !reaches(open, time)) {
        spans.push(...closed(open, time));
        open = look;
      } else if (equalIgnoringCase(open.text, look.text) || (still && nearlyEqual(open, look))) {
        open = join(open, look);
      } else if (still) {
        odd = look;
      } else {
        spans.push(...closed(open, time));
        open = look;
      }
      return spans;
    },
    end() {
      const spans: Span[] = [];
      const videoEnd = Math.max(0, end() - zero);
      if (open !== undefined && odd !== undefined) spans.push(...closed(open, odd.start));
      const final = odd ?? open;
      // A last look right at the end has no time of its own yet; the next stage finds it some.
      if (final !== undefined) {
        const until = Math.max(final.start, reaches(final, videoEnd) ? videoEnd : final.lastLook + rules.tail);
        spans.push({ start: final.start, end: until, text: final.text, first: final.first, last: final.last });
      }
      return spans;
    },
  };
}

import type { Caption, Micros } from '../../core/types.ts';
import type { Tally } from '../events/agreed-wording.ts';
import type { CueRules } from './rules.ts';
import { equalIgnoringCase, SIMILAR, tidy, wordOverlap } from './text.ts';
import type { Transducer } from './transducer.ts';

/** One of the captions of a span. */
export interface Wording extends Tally {
  /** For how long its keyframes were shown, in microseconds. */
  readonly time: Micros;
}

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
  /** The scene of its keyframes, where it is known. */
  readonly scene?: number;
  /** Its scene goes on where it ends. */
  readonly goesOn?: true;
  /** The captions of its keyframes. */
  readonly wordings?: readonly Wording[];
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
  readonly scene: number | undefined;
  readonly wordings: readonly Wording[];
}

/** Different captions that a span remembers; later ones are left out. */
const MOST_WORDINGS = 64;

/** The captions of two spans, counted together. */
export function countTogether(a: readonly Wording[], b: readonly Wording[]): readonly Wording[] {
  const counted = new Map(a.map((tally) => [tally.text, tally]));
  for (const { text, count, confidence, time } of b) {
    const known = counted.get(text) ?? { count: 0, confidence: 0, time: 0 };
    if (known.count === 0 && counted.size === MOST_WORDINGS) continue;
    const sums = { count: count + known.count, confidence: confidence + known.confidence, time: time + known.time };
    counted.set(text, { text, ...sums });
  }
  return [...counted.values()];
}

function join(run: Run, next: Run): Run {
  // Of equally confident wordings the earlier one stays, so that nothing changes without a reason.
  const { text, confidence } = next.confidence > run.confidence ? next : run;
  const wordings = countTogether(run.wordings, next.wordings);
  return { ...run, lastSeen: next.lastSeen, text, confidence, last: next.last, wordings };
}

function isSimilar(a: Run, b: Run): boolean {
  return equalIgnoringCase(a.text, b.text) || wordOverlap(a.text, b.text) >= SIMILAR;
}

/**
 * Merges captions, in order, into spans: consecutive captions of a scene with equal texts become one. A caption that is missing
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

  const toSpan = ({ start, text, first, last, scene, wordings }: Run, end: Micros, next?: number): Span => {
    const each = (end - start) / wordings.reduce((sum, { count }) => sum + count, 0);
    return {
      ...{ start, end, text, first, last },
      wordings: wordings.map((wording) => ({ ...wording, time: wording.count * each })),
      ...(scene === undefined ? {} : { scene, ...(scene === next ? { goesOn: true } : {}) }),
    };
  };

  /** The span of a run that ends at `time` at the latest, when a keyframe of the scene `next` comes. */
  const closed = (run: Run, time: Micros, next: number | undefined): Span[] => {
    const until = reaches(run, time) ? time : run.lastSeen + rules.tail;
    return until <= run.start ? [] : [toSpan(run, until, next)];
  };

  const runOf = (caption: Caption): Run | undefined => {
    const text = tidy(caption.text);
    if (caption.error !== undefined || text === '' || caption.confidence < rules.minConfidence) return undefined;
    const start = Math.max(0, caption.pts - zero);
    const { confidence, index, scene } = caption;
    const wordings = [{ text, count: 1, confidence, time: 0 }];
    return { start, lastSeen: start, text, confidence, first: index, last: index, scene, wordings };
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
        spans.push(...closed(current, candidate.start, candidate.scene));
        current = candidate;
        candidate = undefined;
      }

      if (current === undefined) {
        current = run;
      } else if (run === undefined || !reaches(current, time)) {
        spans.push(...closed(current, time, caption.scene));
        current = run;
      } else if (
        (current.scene === run.scene && equalIgnoringCase(current.text, run.text)) ||
        (still && isSimilar(current, run))
      ) {
        current = join(current, run);
      } else if (still) {
        candidate = run;
      } else {
        spans.push(...closed(current, time, caption.scene));
        current = run;
      }
      return spans;
    },
    end() {
      const spans: Span[] = [];
      const videoEnd = Math.max(0, end() - zero);
      if (current !== undefined && candidate !== undefined) {
        spans.push(...closed(current, candidate.start, candidate.scene));
      }
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

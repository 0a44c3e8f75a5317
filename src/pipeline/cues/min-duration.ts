import type { Micros } from '../../core/types.ts';
import type { DroppedText } from './fit-gaps.ts';
import type { Span } from './merge.ts';
import { equalIgnoringCase } from './text.ts';
import type { Transducer } from './transducer.ts';

/** The resolution of a track: one millisecond. */
const TICK: Micros = 1000;

/** A span whose times may still change, and when what it describes began and ended. */
type Pending = { -readonly [Key in keyof Span]: Span[Key] } & { readonly own: Pick<Span, 'start' | 'end'> };

function finished({ own: _, ...span }: Pending): Span {
  return span;
}

/**
 * Extends every span to the minimum duration that its text needs. In order of precedence: stay inside the video, do not
 * overlap, keep the minimum.
 *
 * - A span that follows too soon starts later, when the one before has had its minimum.
 * - A span whose scene ends before it could start is dropped: shown later it would be wrong, and would delay the span
 *   that follows. So a cue starts at most one minimum late, and fast changes only drop the shortest-lived captions. The
 *   span that is shown meanwhile takes over its keyframes.
 * - A last span that the end of the video cuts too short is merged into the one before, which keeps its text because it
 *   covers most of the joint time. Where a gap before it leaves enough room, it starts earlier instead.
 *
 * Holds back the two or three spans that these rules may still change. Times are microseconds.
 * @param minimumFor the minimum duration of a span
 * @param zero the track's zero on the source's clock
 * @param end the end of the video on that clock; called on completion
 * @param onDropped called for each text that is not shown
 */
export function enforceMinDuration(
  minimumFor: (span: Span) => Micros,
  zero: Micros,
  end: () => Micros,
  onDropped: (dropped: DroppedText) => void = () => undefined,
): Transducer<Span, Span> {
  const pending: Pending[] = [];
  /** The start of the last span: the video lasts at least until then. */
  let reached: Micros = 0;

  /** Notes a text that is not shown; the one that is shown in its place may say the same. */
  const drop = ({ own: { start, end }, text }: Pending, shown: Pending | undefined): void => {
    if (shown !== undefined && equalIgnoringCase(shown.text, text)) return;
    onDropped({ reason: 'too-short', start, end, text });
  };

  const add = (span: Span): void => {
    const own = { start: span.start, end: span.end };
    const before = pending.at(-1);
    if (before === undefined || span.start >= before.start) {
      const start = Math.max(span.start, before?.end ?? 0);
      pending.push({ ...span, own, start, end: Math.max(span.end, start + minimumFor(span)) });
      return;
    }
    // The scene of `before` has ended, and `before` has not started yet because it waits for the span before it.
    pending.pop();
    const shown = pending.at(-1);
    drop(before, shown);
    if (shown !== undefined) shown.last = before.last;
    if (shown?.goesOn === true && before.goesOn !== true) {
      // The scene in which the text was held has ended meanwhile.
      delete shown.goesOn;
      shown.end = Math.min(shown.end, Math.max(before.own.end, shown.start + minimumFor(shown)));
    }
    if (shown !== undefined && equalIgnoringCase(shown.text, span.text)) {
      shown.end = Math.max(shown.end, span.end);
      shown.last = span.last;
      return;
    }
    const start = Math.max(span.start, shown?.end ?? before.start);
    pending.push({ ...span, own, start, end: Math.max(span.end, start + minimumFor(span)) });
  };

  /** Fits the last spans into a video that ends at `limit`. */
  const endAt = (limit: Micros): void => {
    for (let last = pending.at(-1); last !== undefined; last = pending.at(-1)) {
      last.end = Math.min(last.end, limit);
      const before = pending.at(-2);
      // In one scene the text before it may stay instead.
      const goesOn = before?.goesOn === true && before.end >= last.own.start;
      const minimum = minimumFor(goesOn ? { ...last, goesOn } : last);
      if (last.end - last.start >= minimum) return;
      if (before === undefined || before.end + minimum <= last.end) {
        last.start = Math.max(0, last.end - minimum);
        return;
      }
      before.end = Math.max(before.end, last.end);
      before.last = last.last;
      drop(last, before);
      pending.pop();
    }
  };

  return {
    next(span) {
      reached = span.start;
      add(span);
      const done: Span[] = [];
      // Once the second span has had its minimum inside the video, nothing can change the first one.
      for (
        let second = pending[1];
        second !== undefined && second.start + minimumFor(second) <= reached;
        second = pending[1]
      ) {
        const first = pending.shift();
        if (first !== undefined) done.push(finished(first));
      }
      return done;
    },
    end() {
      const duration = Math.max(end() - zero, reached);
      const last = pending.at(-1);
      if (last !== undefined) endAt(duration < TICK ? minimumFor(last) : duration);
      return pending.splice(0).map(finished);
    },
  };
}

import type { Micros } from '../../core/types.ts';
import type { Span } from './merge.ts';
import { equalIgnoringCase } from './text.ts';
import type { Transducer } from './transducer.ts';

/** A millisecond: what a track can tell apart. */
const TICK: Micros = 1000;

interface Paced {
  start: Micros;
  end: Micros;
  text: string;
  first: number;
  last: number;
}

/**
 * Gives every span at least the time on the screen that its text needs, as `need` says. In order of precedence: inside
 * the video, no overlap, then that need.
 *
 * - A span that follows too soon waits until the one before has had its time.
 * - A span whose picture was replaced before its turn came is left out: shown later it would be wrong, and the one that
 *   replaced it would be late as well. So no cue ever starts later after its picture than the text before it needs, and
 *   faster changes than that cost only the shortest-lived captions. The span that is on the screen meanwhile takes
 *   over its keyframes.
 * - A last span that the video's end cuts too short joins the one before, whose text stays: that text describes most
 *   of the joint time. Where a gap before it leaves room for its need, it starts earlier instead.
 *
 * Holds back the two or three spans that these rules may still change.
 */
export function enforceMinDuration(
  need: (text: string) => Micros,
  zero: Micros,
  end: () => Micros,
): Transducer<Span, Span> {
  const held: Paced[] = [];
  let seen: Micros = 0;

  const place = (span: Span): void => {
    const before = held.at(-1);
    if (before === undefined || span.start >= before.start) {
      const start = Math.max(span.start, before?.end ?? 0);
      held.push({ ...span, start, end: Math.max(span.end, start + need(span.text)) });
      return;
    }
    // `before` has not begun while its picture has already gone. It waits for somebody, so there is one before it.
    held.pop();
    const shown = held.at(-1);
    if (shown !== undefined) shown.last = before.last;
    if (shown !== undefined && equalIgnoringCase(shown.text, span.text)) {
      shown.end = Math.max(shown.end, span.end);
      shown.last = span.last;
      return;
    }
    held.push({ ...span, start: before.start, end: Math.max(span.end, before.start + need(span.text)) });
  };

  /** Fits the last spans into a video that ends at `limit`. */
  const endAt = (limit: Micros): void => {
    for (let last = held.at(-1); last !== undefined; last = held.at(-1)) {
      last.end = Math.min(last.end, limit);
      const minimum = need(last.text);
      if (last.end - last.start >= minimum) return;
      const before = held.at(-2);
      if (before === undefined || before.end + minimum <= last.end) {
        last.start = Math.max(0, last.end - minimum);
        return;
      }
      before.end = Math.max(before.end, last.end);
      before.last = last.last;
      held.pop();
    }
  };

  return {
    next(span) {
      seen = span.start;
      place(span);
      const done: Span[] = [];
      // The video lasts at least until `seen`: a span that gets its time by then is safe, and so is the one before.
      for (let second = held[1]; second !== undefined && second.start + need(second.text) <= seen; second = held[1]) {
        const first = held.shift();
        if (first !== undefined) done.push(first);
      }
      return done;
    },
    end() {
      const duration = Math.max(end() - zero, seen);
      const last = held.at(-1);
      if (last !== undefined) endAt(duration < TICK ? need(last.text) : duration);
      return held.splice(0);
    },
  };
}

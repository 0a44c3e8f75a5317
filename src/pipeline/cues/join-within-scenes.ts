import type { Micros } from '../../core/types.ts';
import { agreedWording } from '../events/agreed-wording.ts';
import { splitAnnouncement } from '../screen-text/announcement.ts';
import { countTogether, type Span } from './merge.ts';
import { relationOf } from './related.ts';
import type { CueRules } from './rules.ts';
import { readableIn } from './spacing.ts';
import { equalIgnoringCase, wordOverlap } from './text.ts';
import type { Transducer } from './transducer.ts';

/** A wording that holds for longer is no slip of the model. */
const SETTLED: Micros = 3_000_000;
/** Spans that are held back at most. */
const MOST_HELD = 64;

/** True where one span follows another in the same scene. */
function goesOnIn(before: Span, span: Span): boolean {
  return before.goesOn === true && before.scene === span.scene && before.end === span.start;
}

/** Both spans as one, under the wording that agrees best with what was seen in all of its keyframes. */
function joined(a: Span, b: Span): Span {
  const wordings = countTogether(a.wordings ?? [], b.wordings ?? []);
  const times = new Map(wordings.map(({ text, time }) => [text, time]));
  const agreed = agreedWording(
    wordings,
    [],
    ({ text, count, confidence }) => (confidence / count) * (times.get(text) ?? 0),
  );
  const { goesOn: _, ...start } = a;
  const text = agreed?.text ?? (b.end - b.start > a.end - a.start ? b.text : a.text);
  return { ...start, text, end: b.end, last: b.last, wordings, ...(b.goesOn === true ? { goesOn: true } : {}) };
}

/**
 * Joins spans of one scene whose captions say the same in other words, or waver: a scene that stays is described once.
 *
 * - Captions that differ in words for the same thing only (sofa, couch) become one.
 * - Captions about the same thing (a man) become one where one of them is too short to be read whole, those about things of one kind (a woman, a
 *   boy) where both are.
 * - A wording that holds for less than {@link SETTLED} between two that are about the same thing (A B A), or that was given up before (A B A B),
 *   belongs to them.
 *
 * Text in the picture is not joined. Spans whose scene is not known stay as they are. Holds back the spans of one scene that may still be joined: while
 * captions come, a track grows with each that has nothing in common with those before it.
 */
export function joinWithinScenes(rules: CueRules): Transducer<Span, Span> {
  let held: Span[] = [];
  let out: Span | undefined;

  const isReadable = ({ text, start, end }: Span): boolean => readableIn(text, rules) <= end - start;
  const isSettled = (span: Span): boolean => span.end - span.start >= SETTLED && isReadable(span);

  /** True where two neighbours say the same. */
  const belong = (a: Span, b: Span): boolean => {
    const relation = relationOf(a.text, b.text);
    if (relation === 'meaning') return true;
    if (relation === 'none') return false;
    const [first, second] = [isReadable(a), isReadable(b)];
    if (relation === 'subject' ? !(first && second) : !first && !second) return true;
    const knows = (span: Span, { text }: Span): boolean =>
      (span.wordings ?? []).some((wording) => equalIgnoringCase(wording.text, text));
    return (!isSettled(b) && knows(a, b)) || (!isSettled(a) && knows(b, a));
  };

  /** True where a short span lies between two that are about the same. */
  const isSlip = (before: Span, span: Span, after: Span): boolean => {
    if (isSettled(span) || relationOf(before.text, span.text) === 'none') return false;
    const around = relationOf(before.text, after.text);
    return around === 'meaning' || (around === 'subject' && span.end - span.start < SETTLED);
  };

  const join = (spans: readonly Span[]): Span[] => {
    const list = [...spans];
    for (;;) {
      let best: { readonly at: number; readonly count: number; readonly overlap: number } | undefined;
      const offer = (at: number, count: number, overlap: number): void => {
        if (best === undefined || overlap > best.overlap) best = { at, count, overlap };
      };
      for (const [at, span] of list.entries()) {
        const [next, after] = [list[at + 1], list[at + 2]];
        if (next === undefined) break;
        if (belong(span, next)) offer(at, 2, wordOverlap(span.text, next.text));
        if (after !== undefined && isSlip(span, next, after)) offer(at, 3, wordOverlap(span.text, after.text));
      }
      if (best === undefined) return list;
      const [first, ...others] = list.slice(best.at, best.at + best.count);
      if (first === undefined) return list;
      list.splice(best.at, best.count, others.reduce(joined, first));
    }
  };

  /** Adds finished spans. Equal ones that follow each other are one, also where a scene begins. */
  const finish = (spans: readonly Span[]): Span[] => {
    const done: Span[] = [];
    for (const span of spans) {
      if (out !== undefined && out.end === span.start && equalIgnoringCase(out.text, span.text)) {
        const { goesOn: _, ...before } = out;
        out = { ...before, end: span.end, last: span.last, ...(span.goesOn === true ? { goesOn: true } : {}) };
        continue;
      }
      if (out !== undefined) done.push(out);
      out = span;
    }
    return done;
  };

  const settle = (): Span[] => {
    const spans = join(held);
    held = [];
    return finish(spans);
  };

  return {
    next(span) {
      if (span.scene === undefined || splitAnnouncement(span.text) !== undefined) {
        const done = [...settle(), ...(out === undefined ? [] : [out]), span];
        out = undefined;
        return done;
      }
      const before = held.at(-1);
      const fixed =
        before === undefined ||
        !goesOnIn(before, span) ||
        (isSettled(before) && isSettled(span) && relationOf(before.text, span.text) !== 'meaning');
      const unrelated = before !== undefined && held.every(({ text }) => relationOf(text, span.text) === 'none');
      const done = fixed || unrelated || held.length === MOST_HELD ? settle() : [];
      if (unrelated && out !== undefined) {
        done.push(out);
        out = undefined;
      }
      held.push(span);
      return done;
    },
    end() {
      const done = [...settle(), ...(out === undefined ? [] : [out])];
      out = undefined;
      return done;
    },
  };
}

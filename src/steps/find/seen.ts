import type { Micros } from '../../core/types.ts';
import { tidy } from '../../pipeline/cues/text.ts';
import type { Look } from './find-steps.ts';
import { vocabularyOf, wordDistance, wordsOf } from './vocabulary.ts';

/** What a step shows at most: more is a log and no description. */
const MOST_SEEN = 3;
/** Shown for less than this share of a step, and for less than this time, something is by the way. */
const LEAST_SHARE = 0.2;
/** Captions nearer than this describe the same thing in other words. */
const SAME_THING = 0.5;

interface Told {
  readonly look: Look;
  readonly words: ReadonlySet<string>;
  /** How long it was what is seen. */
  readonly time: Micros;
}

/**
 * The captions that tell what a step shows, the most important first: one for each thing that is seen for a good part of it, each
 * in the wording that has most in common with the step's other captions, and that the model is surest of.
 * @param looks those of the whole video, in order of time
 */
export function seenIn(looks: readonly Look[], start: Micros, end: Micros): Look[] {
  const told: Told[] = [];
  for (const [at, look] of looks.entries()) {
    const from = Math.max(start, look.time);
    const to = Math.min(end, looks[at + 1]?.time ?? end);
    const text = tidy(look.text);
    if (to > from && text !== '') told.push({ look: { ...look, text }, words: wordsOf(text), time: to - from });
  }
  const vocabulary = vocabularyOf(told.map(({ words }) => words));
  const total = told.reduce((sum, { time }) => sum + time, 0);
  let rest = told;
  const chosen: Look[] = [];
  while (rest.length > 0 && chosen.length < MOST_SEEN) {
    const near = (one: Told): Told[] =>
      rest.filter(({ words }) => wordDistance(one.words, words, vocabulary) < SAME_THING);
    const scored = rest.map((one) => {
      const group = near(one);
      const time = group.reduce((sum, other) => sum + other.time, 0);
      return { one, group, time, score: time * (0.5 + one.look.confidence) };
    });
    const best = scored.reduce((a, b) => (b.score > a.score ? b : a));
    if (chosen.length > 0 && best.time < LEAST_SHARE * total) break;
    chosen.push(best.one.look);
    const taken = new Set(best.group);
    rest = rest.filter((one) => !taken.has(one) && one !== best.one);
  }
  return chosen;
}

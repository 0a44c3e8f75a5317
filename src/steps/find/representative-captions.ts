import type { Micros } from '../../core/types.ts';
import { tidy } from '../../pipeline/cues/text.ts';
import type { TimedCaption } from './material.ts';
import { vocabularyOf, wordDistance, wordsOf } from './vocabulary.ts';

/** Most captions of one step. */
const MOST_CAPTIONS = 3;
/** A further caption has to describe at least this share of the step. */
const LEAST_SHARE = 0.2;
/** Captions at a smaller word distance describe the same thing. */
const SAME_THING = 0.5;

interface Candidate {
  readonly caption: TimedCaption;
  readonly words: ReadonlySet<string>;
  /** How long the caption was valid within the step. */
  readonly time: Micros;
}

/**
 * The captions that describe what a step shows, the most important first: one for each thing that is visible for a good part
 * of it, in the wording that has most in common with the step's other captions and that the model is most confident of.
 * @param captions those of the whole video, in order of time
 */
export function representativeCaptions(captions: readonly TimedCaption[], start: Micros, end: Micros): TimedCaption[] {
  const candidates: Candidate[] = [];
  for (const [at, caption] of captions.entries()) {
    const from = Math.max(start, caption.time);
    const to = Math.min(end, captions[at + 1]?.time ?? end);
    const text = tidy(caption.text);
    if (to > from && text !== '') {
      candidates.push({ caption: { ...caption, text }, words: wordsOf(text), time: to - from });
    }
  }
  const vocabulary = vocabularyOf(candidates.map(({ words }) => words));
  const total = candidates.reduce((sum, { time }) => sum + time, 0);
  let rest = candidates;
  const chosen: TimedCaption[] = [];
  while (rest.length > 0 && chosen.length < MOST_CAPTIONS) {
    const near = (one: Candidate): Candidate[] =>
      rest.filter(({ words }) => wordDistance(one.words, words, vocabulary) < SAME_THING);
    const scored = rest.map((one) => {
      const cluster = near(one);
      const time = cluster.reduce((sum, other) => sum + other.time, 0);
      return { one, cluster, time, score: time * (0.5 + one.caption.confidence) };
    });
    const best = scored.reduce((a, b) => (b.score > a.score ? b : a));
    if (chosen.length > 0 && best.time < LEAST_SHARE * total) break;
    chosen.push(best.one.caption);
    const taken = new Set(best.cluster);
    rest = rest.filter((one) => !taken.has(one) && one !== best.one);
  }
  return chosen;
}

import type { Utterance } from '../../captioning/speech/utterances.ts';
import type { Micros } from '../../core/types.ts';
import { vocabularyOf, wordDistance, wordsOf } from './vocabulary.ts';

/** Evidence from speech at one time. */
export interface SpeechEvidence {
  /** How much the vocabulary changes, 0 to 1. */
  readonly change: number;
  /** True in the middle of an utterance. */
  readonly inside: boolean;
  /** True where a step is announced, as in "Step 2". */
  readonly announced: boolean;
}

/** Time before and after a boundary within which words are compared: some sentences. */
const REACH: Micros = 10_000_000;
/** Subtitles appear a little early and disappear a little late. */
const SLACK: Micros = 500_000;
/** Distance where one side has no words. */
const SILENCE = 0.5;
/** If no place has a distance this much above the median, the words do not divide the video. */
const SOME_CHANGE = 0.05;
/** Added for a sentence that begins with "next" and the like. */
const TURN = 0.5;
const NUMBERED = /^\W*(?:step|part)\s+(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten)\b/i;
const TURNING =
  /^\W*(?:and |so |okay,? |ok,? )?(?:first|second|third|fourth|fifth|next|then|now|after that|afterwards|finally|lastly|last)\b/i;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/**
 * Evidence from speech at each of `times` (ascending). Change is measured by lexical cohesion (TextTiling, Hearst 1997):
 * the words of the {@link REACH} before against those of the one after, relative to the video's median.
 */
export function speechEvidence(times: readonly Micros[], utterances: readonly Utterance[]): SpeechEvidence[] {
  const words = utterances.map(({ text }) => wordsOf(text));
  const vocabulary = vocabularyOf(words);
  const said = (from: Micros, to: Micros): Set<string> => {
    const all = new Set<string>();
    for (const [at, { start, end }] of utterances.entries()) {
      const middle = (start + end) / 2;
      if (middle >= from && middle < to) for (const word of words[at] ?? []) all.add(word);
    }
    return all;
  };
  const sides = times.map((time) => [said(time - REACH, time), said(time, time + REACH)] as const);
  const sizes = sides.map(([before, after]) => Math.min(before.size, after.size));
  const full = median(sizes.filter((size) => size > 0));
  const distances = sides.map(([before, after], at) => {
    if (before.size === 0 || after.size === 0) return SILENCE;
    // A few words, at the start or next to a pause, differ by chance.
    return wordDistance(before, after, vocabulary) * Math.min(1, (sizes[at] ?? 0) / full);
  });
  const usual = median(distances);
  const range = Math.max(...distances) - usual;
  return times.map((time, at) => {
    const last = times[at - 1] ?? time;
    const began = utterances.filter(({ start }) => start > last - SLACK && start <= time + SLACK);
    const nearest = began.filter(({ start }) => start > last && start <= time);
    const relative = range < SOME_CHANGE ? 0 : Math.max(0, ((distances[at] ?? 0) - usual) / range);
    const turn = began.some(({ text }) => TURNING.test(text) || NUMBERED.test(text)) ? TURN : 0;
    const middle = (last + time) / 2;
    return {
      change: Math.min(1, relative + turn),
      inside: utterances.some(({ start, end }) => middle > start + SLACK && middle < end - SLACK),
      announced: nearest.some(({ text }) => NUMBERED.test(text)),
    };
  });
}

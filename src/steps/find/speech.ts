import type { Micros } from '../../core/types.ts';
import type { ReadCue } from '../../pipeline/formats/parse-cues.ts';
import { vocabularyOf, wordDistance, wordsOf } from './vocabulary.ts';

/** Something that is said, or written below the picture. Track times. */
export interface Utterance {
  readonly start: Micros;
  readonly end: Micros;
  /** On one line. */
  readonly text: string;
}

/** What speech tells of a moment. */
export interface SpeechEvidence {
  /** How much the words change there, 0 to 1. */
  readonly change: number;
  /** True in the midst of an utterance. */
  readonly inside: boolean;
  /** True where somebody says "Step 2", with as many words. */
  readonly announced: boolean;
}

/** How far before and after a moment words are compared: some sentences. */
const REACH: Micros = 10_000_000;
/** An utterance is shown a little early and late. */
const SLACK: Micros = 500_000;
/** What one side has no words for. */
const SILENCE = 0.5;
/** Words of a video that differ by less than this more in one place than in the others do not tell its parts. */
const SOME_CHANGE = 0.05;
/** What "next," at the start of a sentence adds. */
const TURN = 0.5;
const NUMBERED = /^\W*(?:step|part)\s+(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten)\b/i;
const TURNING =
  /^\W*(?:and |so |okay,? |ok,? )?(?:first|second|third|fourth|fifth|next|then|now|after that|afterwards|finally|lastly|last)\b/i;

/** A track's cues as utterances. Lines that the cue before them has shown already (as roll-up captions do) are left out. */
export function utterancesOf(cues: readonly ReadCue[]): Utterance[] {
  const utterances: Utterance[] = [];
  let before: readonly string[] = [];
  for (const { start, end, lines } of [...cues].sort((a, b) => a.start - b.start)) {
    const fresh = lines.filter((line) => !before.includes(line));
    before = lines;
    const text = fresh.join(' ').replace(/\s+/gu, ' ').trim();
    if (text !== '') utterances.push({ start, end, text });
  }
  return utterances;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/**
 * What the words say of each of `times` (ascending). The change is lexical cohesion's (Hearst's TextTiling, 1997): the
 * words of the last {@link REACH} against those of the next, as far as it stands out from what is usual in this video.
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
    // A few words, at the start or beside a pause, differ from the others by chance.
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

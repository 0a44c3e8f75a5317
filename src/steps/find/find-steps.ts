import type { Micros } from '../../core/types.ts';
import type { Chapter } from '../../ingest/probe/chapters.ts';
import { differenceOf } from '../../ingest/selectors/signature.ts';
import { chooseBoundaries, type StepLengths } from './boundaries.ts';
import { changes } from './evidence.ts';
import { type SpeechEvidence, speechEvidence, type Utterance } from './speech.ts';
import type { Sample } from './survey.ts';
import { vocabularyOf, wordDistance, wordsOf } from './vocabulary.ts';

/** What was said of one look. */
export interface Look {
  /** Track time. */
  readonly time: Micros;
  /** Empty where there is no caption. */
  readonly text: string;
  readonly confidence: number;
}

/** All that a video tells. */
export interface Material {
  readonly samples: readonly Sample[];
  /** In order of time. */
  readonly looks: readonly Look[];
  readonly utterances: readonly Utterance[];
  readonly chapters: readonly Chapter[];
  /** Track time at which the video ends. */
  readonly end: Micros;
}

/** A stretch of the video that is one step. */
export interface StepSpan {
  readonly start: Micros;
  readonly end: Micros;
  /** The title of the chapter that it belongs to. */
  readonly chapter?: string;
  /** 1, 2, ...: which part of its chapter, where that makes several steps. */
  readonly part?: number;
}

/** From this difference of signatures on, two pictures show something else altogether. */
const OTHER_PICTURE = 24;
/** Below it, they show the same thing. */
const SAME_PICTURE = 8;
/** From this distance of words on, two captions speak of something else. */
const OTHER_WORDS = 0.5;
/** A boundary needs this much evidence: the geometric mean of what the picture and the words say. */
const ENOUGH = 0.5;
/** Where a step has to be cut for its length alone, the picture decides among equals. */
const PICTURE_ALONE = 0.01;
/** "Step 2" makes one by itself. */
const ANNOUNCED = 0.75;
/** How much of the words' evidence speech gives where captions see no change. */
const SPEECH_SHARE = 0.75;
/** Nobody starts a new step in the midst of a sentence. */
const INSIDE = 0.7;
/** How far before and after a moment pictures and captions are compared; as far as a step is long, within these. */
const LEAST_REACH: Micros = 2_000_000;
const MOST_REACH: Micros = 8_000_000;
/** Two neighbouring steps of which one shows so much that the other shows as well are one. */
const COMES_BACK = 0.5;

/** Position in `looks` of the last one at or before `time`; 0 where there is none. */
function lookAt(looks: readonly Look[], time: Micros): number {
  let [low, high] = [0, looks.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((looks[middle]?.time ?? 0) <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * For each sample the one that stands for it: itself, or the last one before a flicker, that is, before other pictures
 * that give way to the same one again in less than `shortest`.
 */
function withoutFlickers(samples: readonly Sample[], shortest: Micros): number[] {
  const same = (a: number, b: number): boolean => {
    const [left, right] = [samples[a], samples[b]];
    return (
      left !== undefined && right !== undefined && differenceOf(left.signature, right.signature).mean < SAME_PICTURE
    );
  };
  const standIn: number[] = [];
  for (let at = 0, last = 0; at < samples.length; last = at, at++) {
    if (same(last, at)) {
      standIn[at] = at;
      continue;
    }
    const limit = (samples[at]?.time ?? 0) + shortest;
    let back = at + 1;
    while (back < samples.length && (samples[back]?.time ?? 0) < limit && !same(last, back)) back++;
    if (back >= samples.length || (samples[back]?.time ?? 0) >= limit) {
      standIn[at] = at;
      continue;
    }
    for (; at < back; at++) standIn[at] = last;
    standIn[back] = back;
  }
  return standIn;
}

/** What picture and words say of a boundary right before each sample. */
interface Evidence {
  readonly score: readonly number[];
  readonly picture: readonly number[];
  readonly speech: readonly SpeechEvidence[];
}

function weigh({ samples, looks, utterances }: Material, { shortest }: StepLengths): Evidence {
  const times = samples.map(({ time }) => time);
  const spacing = Math.max(1, ((times.at(-1) ?? 0) - (times[0] ?? 0)) / Math.max(1, times.length - 1));
  const reach = Math.max(2, Math.round(Math.min(MOST_REACH, Math.max(LEAST_REACH, shortest)) / spacing));
  const standIn = withoutFlickers(samples, shortest);
  const apart = (a: number, b: number): number => {
    const [left, right] = [samples[standIn[a] ?? a], samples[standIn[b] ?? b]];
    return left === undefined || right === undefined ? 0 : differenceOf(left.signature, right.signature).mean;
  };
  const words = looks.map(({ text }) => wordsOf(text));
  const vocabulary = vocabularyOf(words);
  const seen = standIn.map((at) => words[lookAt(looks, times[at] ?? 0)] ?? new Set<string>());
  const spoken = (a: number, b: number): number => {
    const [left, right] = [seen[a], seen[b]];
    return left === undefined || right === undefined || left === right ? 0 : wordDistance(left, right, vocabulary);
  };
  const picture = changes(samples.length, reach, apart, OTHER_PICTURE);
  const captions = changes(samples.length, reach, spoken, OTHER_WORDS);
  const speech = utterances.length === 0 ? [] : speechEvidence(times, utterances);
  const score = picture.map((change, at) => {
    const caption = captions[at] ?? 0;
    const { change: turn = 0, inside = false, announced = false } = speech[at] ?? {};
    const told = caption + (1 - caption) * SPEECH_SHARE * turn;
    const both = Math.sqrt(change * told) * (inside ? INSIDE : 1);
    return announced ? Math.max(both, ANNOUNCED) : both;
  });
  return { score, picture, speech };
}

/** The share of `these` samples that show what one of `those` shows. */
function shareIn(these: readonly Sample[], those: readonly Sample[]): number {
  const same = these.filter(({ signature }) =>
    those.some((other) => differenceOf(signature, other.signature).mean < SAME_PICTURE),
  );
  return these.length === 0 ? 1 : same.length / these.length;
}

/** At most so many samples of a step are compared with those of another. */
const COMPARED = 40;

function spread<T>(items: readonly T[]): readonly T[] {
  const stride = Math.max(1, Math.ceil(items.length / COMPARED));
  return items.filter((_, at) => at % stride === 0);
}

/** Joins neighbours where the picture came back: what lay between was a flicker, or a shot among the step's others. */
function joinWhatComesBack(
  samples: readonly Sample[],
  boundaries: readonly number[],
  evidence: Evidence,
  end: Micros,
  { longest }: StepLengths,
): number[] {
  const kept = [...boundaries];
  const timeOf = (at: number | undefined): Micros => (at === undefined ? end : (samples[at]?.time ?? 0));
  for (let at = 0; at < kept.length; ) {
    const [from = 0, here = 0, to = samples.length] = [kept[at - 1], kept[at], kept[at + 1]];
    const before = spread(samples.slice(from, here));
    const after = spread(samples.slice(here, to));
    const whole = timeOf(kept[at + 1]) - timeOf(kept[at - 1] ?? 0);
    const announced = evidence.speech[here]?.announced === true;
    const [least, most] = before.length < after.length ? [before, after] : [after, before];
    if (!announced && whole <= longest && shareIn(least, most) >= COMES_BACK) {
      kept.splice(at, 1);
      at = Math.max(0, at - 1);
    } else at++;
  }
  return kept;
}

/** Steps within one region of the video. */
function stepsIn(material: Material, lengths: StepLengths, from: Micros, to: Micros): StepSpan[] {
  const samples = material.samples.filter(({ time }) => time >= from && time < to);
  const evidence = weigh({ ...material, samples }, lengths);
  const gains = evidence.score.map((score, at) => score - ENOUGH + PICTURE_ALONE * (evidence.picture[at] ?? 0));
  const times = samples.map(({ time }, at) => (at === 0 ? from : time));
  const chosen = joinWhatComesBack(samples, chooseBoundaries(times, to, gains, lengths), evidence, to, lengths);
  const starts = [from, ...chosen.map((at) => times[at] ?? from)];
  return starts.map((start, at) => ({ start, end: starts[at + 1] ?? to }));
}

/** Chapters that cover the whole video; those shorter than a step belong to their neighbour. */
function regionsOf(
  chapters: readonly Chapter[],
  end: Micros,
  { shortest }: StepLengths,
): (StepSpan & { chapter: string })[] {
  const starts = chapters.filter(({ start }) => start < end).map(({ start, title }) => ({ start, title }));
  if ((starts[0]?.start ?? 0) > 0) starts.unshift({ start: 0, title: '' });
  const kept: { start: Micros; title: string }[] = [];
  for (const { start, title } of starts) {
    const last = kept.at(-1);
    if (last === undefined || start - last.start >= shortest) kept.push({ start, title });
    else if (last.title === '') last.title = title;
  }
  if (kept.length > 1 && end - (kept.at(-1)?.start ?? 0) < shortest) kept.pop();
  return kept.map(({ start, title }, at) => ({ start, end: kept[at + 1]?.start ?? end, chapter: title }));
}

/**
 * Finds the steps of a video: they follow each other without a gap from the track's zero to its end. A step begins where
 * picture and words both change, and lasts; a chapter of the video is a step, or several where it is longer than a step may be.
 */
export function findSteps(material: Material, lengths: StepLengths): StepSpan[] {
  const { chapters, end } = material;
  // One chapter says as much as none.
  if (chapters.length < 2) return stepsIn(material, lengths, 0, end);
  return regionsOf(chapters, end, lengths).flatMap((region) => {
    if (region.end - region.start <= lengths.longest) return [region];
    return stepsIn(material, lengths, region.start, region.end).map((step, at) => ({
      ...step,
      chapter: region.chapter,
      part: at + 1,
    }));
  });
}

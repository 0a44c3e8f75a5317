import type { Micros } from '../../core/types.ts';
import type { Chapter } from '../../ingest/probe/chapters.ts';
import { differenceOf } from '../../ingest/selectors/signature.ts';
import { chooseBoundaries, type StepLengths } from './boundaries.ts';
import { changes } from './evidence.ts';
import { SAME_FRAME, withoutFlicker } from './flicker.ts';
import type { TimedCaption, VideoMaterial } from './material.ts';
import type { Sample } from './sample-frames.ts';
import { type SpeechEvidence, speechEvidence } from './speech.ts';
import { vocabularyOf, wordDistance, wordsOf } from './vocabulary.ts';

/** The part of the video that is one step. */
export interface StepSpan {
  readonly start: Micros;
  readonly end: Micros;
  /** The title of the chapter that it belongs to. */
  readonly chapter?: string;
  /** 1, 2, ...: which part of its chapter, where the chapter is several steps. */
  readonly part?: number;
}

/** Two frames whose signatures differ by this much show entirely different things. */
const OTHER_FRAME = 24;
/** Two captions at this word distance describe different things. */
const OTHER_WORDS = 0.5;
/** Evidence that a boundary needs: the geometric mean of frame and word evidence. */
const ENOUGH = 0.5;
/** Weight of the frames alone, which decides where a step has to be cut only for its length. */
const FRAME_ALONE = 0.01;
/** Score of an announced step ("Step 2"). */
const ANNOUNCED = 0.75;
/** Share of the word evidence that speech can give where captions show no change. */
const SPEECH_SHARE = 0.75;
/** Factor for a boundary in the middle of a sentence. */
const INSIDE = 0.7;
/** Bounds of the time before and after a boundary within which frames and captions are compared. */
const LEAST_REACH: Micros = 2_000_000;
const MOST_REACH: Micros = 8_000_000;
/** Neighbouring steps are merged where this share of one's frames recurs in the other. */
const RECURRING = 0.5;

/** Position of the last caption at or before `time`; 0 where there is none. */
function captionAt(captions: readonly TimedCaption[], time: Micros): number {
  let [low, high] = [0, captions.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((captions[middle]?.time ?? 0) <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Evidence of a boundary right before each sample. */
interface Evidence {
  readonly score: readonly number[];
  readonly frames: readonly number[];
  readonly speech: readonly SpeechEvidence[];
}

function weigh({ samples, captions, utterances }: VideoMaterial, { shortest }: StepLengths): Evidence {
  const times = samples.map(({ time }) => time);
  const spacing = Math.max(1, ((times.at(-1) ?? 0) - (times[0] ?? 0)) / Math.max(1, times.length - 1));
  const reach = Math.max(2, Math.round(Math.min(MOST_REACH, Math.max(LEAST_REACH, shortest)) / spacing));
  const replacement = withoutFlicker(samples, shortest);
  const apart = (a: number, b: number): number => {
    const [left, right] = [samples[replacement[a] ?? a], samples[replacement[b] ?? b]];
    return left === undefined || right === undefined ? 0 : differenceOf(left.signature, right.signature).mean;
  };
  const words = captions.map(({ text }) => wordsOf(text));
  const vocabulary = vocabularyOf(words);
  const visible = replacement.map((at) => words[captionAt(captions, times[at] ?? 0)] ?? new Set<string>());
  const wordsApart = (a: number, b: number): number => {
    const [left, right] = [visible[a], visible[b]];
    return left === undefined || right === undefined || left === right ? 0 : wordDistance(left, right, vocabulary);
  };
  const frames = changes(samples.length, reach, apart, OTHER_FRAME);
  const texts = changes(samples.length, reach, wordsApart, OTHER_WORDS);
  const speech = utterances.length === 0 ? [] : speechEvidence(times, utterances);
  const score = frames.map((change, at) => {
    const caption = texts[at] ?? 0;
    const { change: turn = 0, inside = false, announced = false } = speech[at] ?? {};
    const words = caption + (1 - caption) * SPEECH_SHARE * turn;
    const both = Math.sqrt(change * words) * (inside ? INSIDE : 1);
    return announced ? Math.max(both, ANNOUNCED) : both;
  });
  return { score, frames, speech };
}

/** Share of `these` samples that show the same as one of `those`. */
function overlapRatio(these: readonly Sample[], those: readonly Sample[]): number {
  const same = these.filter(({ signature }) =>
    those.some((other) => differenceOf(signature, other.signature).mean < SAME_FRAME),
  );
  return these.length === 0 ? 1 : same.length / these.length;
}

/** Most samples of a step that are compared with another step's. */
const COMPARED = 40;

function spread<T>(items: readonly T[]): readonly T[] {
  const stride = Math.max(1, Math.ceil(items.length / COMPARED));
  return items.filter((_, at) => at % stride === 0);
}

/** Merges neighbouring steps that show the same frames: the boundary was a flicker, or a cut between alternating shots. */
function mergeRecurring(
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
    if (!announced && whole <= longest && overlapRatio(least, most) >= RECURRING) {
      kept.splice(at, 1);
      at = Math.max(0, at - 1);
    } else at++;
  }
  return kept;
}

/** Steps within a part of the video. */
function stepsIn(material: VideoMaterial, lengths: StepLengths, from: Micros, to: Micros): StepSpan[] {
  const samples = material.samples.filter(({ time }) => time >= from && time < to);
  const evidence = weigh({ ...material, samples }, lengths);
  const gains = evidence.score.map((score, at) => score - ENOUGH + FRAME_ALONE * (evidence.frames[at] ?? 0));
  const times = samples.map(({ time }, at) => (at === 0 ? from : time));
  const chosen = mergeRecurring(samples, chooseBoundaries(times, to, gains, lengths), evidence, to, lengths);
  const starts = [from, ...chosen.map((at) => times[at] ?? from)];
  return starts.map((start, at) => ({ start, end: starts[at + 1] ?? to }));
}

/** Chapters that cover the whole video; one that is shorter than a step is merged with its neighbour. */
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
 * Finds the steps of a video, which follow each other without gaps from the track's zero to its end. A step begins where
 * frames and words both change for good. A chapter of the video is a step, or several where it is longer than a step may be.
 */
export function findSteps(material: VideoMaterial, lengths: StepLengths): StepSpan[] {
  const { chapters, end } = material;
  // A single chapter divides nothing.
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

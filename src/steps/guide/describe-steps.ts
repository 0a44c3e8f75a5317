import type { StepSpan } from '../find/find-steps.ts';
import type { TimedCaption, VideoMaterial } from '../find/material.ts';
import { representativeCaptions } from '../find/representative-captions.ts';
import { saysSomething, titleFrom, wordsBetween } from '../find/titles.ts';
import type { GuideStep } from './guide.ts';

/**
 * Least confidence of a caption that becomes a title, which readers take for a fact. The default model's median on the test
 * pictures of its card is 0.67.
 */
const TITLE_CONFIDENCE = 0.65;

/** What a step can be called after, the best first: the words that are spoken, the heading that is shown, a caption. */
interface TitleSources {
  readonly text: string;
  readonly heading: string | undefined;
  readonly caption: TimedCaption | undefined;
}

function titleOf({ chapter = '', part }: StepSpan, number: number, { text, heading, caption }: TitleSources): string {
  if (saysSomething(chapter)) return part === undefined ? chapter : `${chapter} (${part})`;
  const sure = caption !== undefined && caption.confidence >= TITLE_CONFIDENCE;
  return titleFrom(text) || titleFrom(heading ?? '') || (sure ? titleFrom(caption.text) : '') || `Step ${number}`;
}

/** The heading that most keyframes between two times show; of equally frequent ones, the first. */
function headingBetween(captions: readonly TimedCaption[], start: number, end: number): string | undefined {
  const counts = new Map<string, number>();
  for (const { time, heading } of captions) {
    if (heading !== undefined && time >= start && time < end) counts.set(heading, (counts.get(heading) ?? 0) + 1);
  }
  return [...counts].reduce<[string, number] | undefined>(
    (best, one) => (best && best[1] >= one[1] ? best : one),
    undefined,
  )?.[0];
}

/**
 * Adds words to every step: its part of the subtitles, its captions, and a title from its chapter, else from the subtitles,
 * else from a heading in the picture, else from the captions, where the model is sure enough; else it is "Step 3".
 * @param minConfidence captions of lower confidence are left out
 */
export function describeSteps(
  spans: readonly StepSpan[],
  { utterances, captions: all }: VideoMaterial,
  minConfidence = 0,
): GuideStep[] {
  const captions = all.filter(({ confidence }) => confidence >= minConfidence);
  return spans.map((span, at) => {
    const { start, end } = span;
    const text = wordsBetween(utterances, start, end);
    const shown = representativeCaptions(captions, start, end);
    const heading = headingBetween(captions, start, end);
    const title = titleOf(span, at + 1, { text, heading, caption: shown[0] });
    const plain = shown.map(({ time, text: caption, confidence }) => ({ time, text: caption, confidence }));
    return { start, end, title, text, captions: plain.sort((a, b) => a.time - b.time) };
  });
}

/** A guide's title from its video's name: `how-to_fold.mp4` is about "How to fold". Marks between words that are spaced stay. */
export function titleOfVideo(name: string): string {
  const stem = name.replace(/\.\w+$/, '');
  const words = stem.replace(/\s/.test(stem) ? /[_\s]+/g : /[-_.]+/g, ' ').trim();
  return words === '' ? name : words[0]?.toLocaleUpperCase('en') + words.slice(1);
}

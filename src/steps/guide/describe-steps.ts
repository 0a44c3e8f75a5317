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

function titleOf({ chapter = '', part }: StepSpan, number: number, text: string, caption?: TimedCaption): string {
  if (saysSomething(chapter)) return part === undefined ? chapter : `${chapter} (${part})`;
  const sure = caption !== undefined && caption.confidence >= TITLE_CONFIDENCE;
  return titleFrom(text) || (sure ? titleFrom(caption.text) : '') || `Step ${number}`;
}

/**
 * Adds words to every step: its part of the subtitles, its captions, and a title from its chapter, else from the subtitles,
 * else from the captions, where the model is sure enough; else it is "Step 3".
 */
export function describeSteps(spans: readonly StepSpan[], { utterances, captions }: VideoMaterial): GuideStep[] {
  return spans.map((span, at) => {
    const { start, end } = span;
    const text = wordsBetween(utterances, start, end);
    const shown = representativeCaptions(captions, start, end);
    const title = titleOf(span, at + 1, text, shown[0]);
    return { start, end, title, text, captions: shown.sort((a, b) => a.time - b.time) };
  });
}

/** A guide's title from its video's name: `how-to_fold.mp4` is about "How to fold". */
export function titleOfVideo(name: string): string {
  const words = name
    .replace(/\.\w+$/, '')
    .replace(/[-_.\s]+/g, ' ')
    .trim();
  return words === '' ? name : words[0]?.toLocaleUpperCase('en') + words.slice(1);
}

import type { StepSpan } from '../find/find-steps.ts';
import type { VideoMaterial } from '../find/material.ts';
import { representativeCaptions } from '../find/representative-captions.ts';
import { saysSomething, titleFrom, wordsBetween } from '../find/titles.ts';
import type { GuideStep } from './guide.ts';

/** Title of a step that has no words at all. */
const NAMELESS = 'Step';

function titleOf({ chapter = '', part }: StepSpan, text: string, caption: string): string {
  if (saysSomething(chapter)) return part === undefined ? chapter : `${chapter} (${part})`;
  return titleFrom(text) || titleFrom(caption) || NAMELESS;
}

/**
 * Adds words to every step: its part of the subtitles, its captions, and a title from its chapter, else from the subtitles,
 * else from the captions.
 */
export function describeSteps(spans: readonly StepSpan[], { utterances, captions }: VideoMaterial): GuideStep[] {
  return spans.map((span) => {
    const { start, end } = span;
    const text = wordsBetween(utterances, start, end);
    const shown = representativeCaptions(captions, start, end);
    const title = titleOf(span, text, shown[0]?.text ?? '');
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

import type { Material, StepSpan } from '../find/find-steps.ts';
import { seenIn } from '../find/seen.ts';
import { saysSomething, titleFrom, wordsBetween } from '../find/titles.ts';
import type { GuideStep } from './guide.ts';

/** What to call a step of which nothing is known. */
const NAMELESS = 'Step';

function titleOf({ chapter = '', part }: StepSpan, text: string, seen: string): string {
  if (saysSomething(chapter)) return part === undefined ? chapter : `${chapter} (${part})`;
  return titleFrom(text) || titleFrom(seen) || NAMELESS;
}

/**
 * Gives every step its words: what is said (the subtitles), what is seen (the captions), and a title: the chapter's, else
 * from what is said, else from what is seen.
 */
export function describeSteps(spans: readonly StepSpan[], { utterances, looks }: Material): GuideStep[] {
  return spans.map((span) => {
    const { start, end } = span;
    const text = wordsBetween(utterances, start, end);
    const seen = seenIn(looks, start, end);
    const title = titleOf(span, text, seen[0]?.text ?? '');
    return { start, end, title, text, seen: seen.sort((a, b) => a.time - b.time) };
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

import type { Caption } from '../../core/types.ts';
import type { Span } from '../cues/merge.ts';
import { isTelling } from './telling-line.ts';
import type { OpenPiece } from './text-pieces.ts';

/** Text that is lower is a detail. */
const ANNOUNCED = { height: 0.05, letters: 2 };
/** Subtitles that are part of the picture stand in the middle below this height: the dialogue is heard anyway. */
const SUBTITLES = { below: 0.75, offCentre: 0.1 };

/** True for text that a person who cannot see the picture should hear of. */
function matters({ first }: OpenPiece): boolean {
  if (!isTelling(first, ANNOUNCED)) return false;
  const { x, y, width, height } = first;
  const centred = Math.abs(x + width / 2 - 0.5) <= SUBTITLES.offCentre;
  return !(centred && y + height / 2 > SUBTITLES.below);
}

/** A caption and what follows it. */
export function joinSentences(caption: string, next: string): string {
  if (caption === '') return next;
  return /[.!?]$/.test(caption) ? `${caption} ${next}` : `${caption}. ${next}`;
}

/** What stands before text in the picture, in cues and in the index. */
export const TEXT_PREFIX = 'Text on screen: ';

/** A caption, and the announcement after it; undefined where it has none. */
export function splitAnnouncement(text: string): { readonly caption: string; readonly announced: string } | undefined {
  const at = text.lastIndexOf(TEXT_PREFIX);
  if (at === -1) return undefined;
  return { caption: text.slice(0, at).replace(/\. $/, ''), announced: text.slice(at) };
}

/** Adds text that is large and new to the captions of a description track. */
export interface TextAnnouncer {
  /** Takes every caption, in order, with the text that appeared in its picture. One that has no text of its own becomes the announcement. */
  caption(caption: Caption, appeared: readonly OpenPiece[]): Caption;
  /** A span of these captions with what appeared in it: "A man opens a door. Text on screen: Exit 3". */
  span(span: Span): Span;
}

/** Announces text once, with the caption of the picture in which it appeared. */
export function announceText(): TextAnnouncer {
  /** Texts by the keyframe with which they appeared, until its span comes. */
  const fresh = new Map<number, readonly string[]>();
  return {
    caption(caption, appeared) {
      const texts = appeared.filter(matters).map(({ first }) => first.text);
      if (texts.length === 0 || caption.error !== undefined) return caption;
      if (caption.text.trim() === '') return { ...caption, text: TEXT_PREFIX + texts.join(', '), confidence: 1 };
      fresh.set(caption.index, texts);
      return caption;
    },
    span(span) {
      const texts: string[] = [];
      for (const [index, found] of fresh) {
        if (index > span.last) break;
        if (index >= span.first) texts.push(...found);
        fresh.delete(index);
      }
      return texts.length === 0 ? span : { ...span, text: joinSentences(span.text, TEXT_PREFIX + texts.join(', ')) };
    },
  };
}

import type { Caption, Micros } from '../../core/types.ts';
import type { Span } from '../cues/merge.ts';
import type { CueRules } from '../cues/rules.ts';
import { readableIn } from '../cues/spacing.ts';
import { joinSentences, TEXT_PREFIX } from './announcement.ts';
import { isTelling } from './telling-line.ts';
import { goneSince, type OpenPiece } from './text-pieces.ts';

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

/** Adds text that is large and new to the captions of a description track. */
export interface TextAnnouncer {
  /**
   * Takes every caption, in order, with the text that appeared in its picture. One that has no text of its own, or none that counts, becomes the
   * announcement, and so do those after it while the text stays.
   */
  caption(caption: Caption, appeared: readonly OpenPiece[]): Caption;
  /** A span of these captions with what appeared in it: "A man opens a door. Text on screen: Exit 3". */
  span(span: Span): readonly Span[];
}

/** Text that appeared with one keyframe. */
interface Appeared {
  readonly at: Micros;
  readonly pieces: readonly OpenPiece[];
}

function announcementOf(pieces: readonly OpenPiece[]): string {
  return TEXT_PREFIX + pieces.map(({ first }) => first.text).join(', ');
}

/**
 * Announces text once, from the picture in which it appeared on: with its caption where that begins there, else in a span of its own, which divides
 * that of the caption and ends where the text is gone.
 * @param zero the track's zero on the captions' clock
 */
export function announceText(rules: CueRules, zero: Micros): TextAnnouncer {
  /** Texts by the keyframe with which they appeared, until its span comes. */
  const fresh = new Map<number, Appeared>();
  /** Texts that are announced in place of a caption. */
  let standsAlone: readonly OpenPiece[] = [];

  const goneBy = (end: Micros, pieces: readonly OpenPiece[]): Micros =>
    Math.max(...pieces.map((piece) => Math.min(end, goneSince(piece) ?? end)));

  const together = (span: Span, pieces: readonly OpenPiece[]): Span => {
    const text = joinSentences(span.text, announcementOf(pieces));
    const shownUntil = goneBy(span.end, pieces);
    return { ...span, text, ...(shownUntil < span.end ? { shownUntil } : {}) };
  };

  const alone = (span: Span, pieces: readonly OpenPiece[]): Span => {
    const text = announcementOf(pieces);
    const gone = goneBy(span.end, pieces);
    const end = Math.max(gone, span.start + readableIn(text, rules));
    return { ...span, text, end: span.end - end < rules.minimum ? span.end : end };
  };

  return {
    caption(caption, appeared) {
      const pieces = appeared.filter(matters);
      if (caption.error !== undefined) return caption;
      // What stands in the picture is no wording of an event.
      if (!rules.events && (caption.text.trim() === '' || caption.confidence < rules.minConfidence)) {
        if (pieces.length > 0) standsAlone = pieces;
        // It lasts for as long as one of its texts is shown.
        if (!standsAlone.some(({ missed }) => missed === 0)) return caption;
        return { ...caption, text: announcementOf(standsAlone), confidence: 1 };
      }
      standsAlone = [];
      if (pieces.length > 0) fresh.set(caption.index, { at: Math.max(0, caption.pts - zero), pieces });
      return caption;
    },
    span(span) {
      const done: Span[] = [];
      let rest = span;
      let shown: OpenPiece[] = [];
      const finished = (): Span[] => {
        if (rest.start === span.start && rest.text !== '') {
          return [shown.length === 0 ? rest : together(rest, shown)];
        }
        return shown.length === 0 ? [] : [alone(rest, shown)];
      };
      for (const [index, { at, pieces }] of fresh) {
        if (index > span.last) break;
        fresh.delete(index);
        if (index < span.first) continue;
        if (index > rest.first && at - rest.start >= rules.minimum) {
          const { end, last } = rest;
          rest = { ...rest, end: at, last: index - 1 };
          done.push(...finished());
          rest = { ...rest, start: at, end, first: index, last };
          shown = [];
        }
        shown.push(...pieces);
      }
      return [...done, ...finished()];
    },
  };
}

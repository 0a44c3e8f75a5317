import type { Caption, Micros, TextLine } from '../../core/types.ts';
import { looksLikeClock, similarity, withoutDigits } from './similar-text.ts';

/** Text that stood in the picture for a while. Times are microseconds from the track's zero. */
export interface TextPiece {
  /** The reading that most keyframes support, weighted by confidence. Of a clock, the first one. */
  readonly text: string;
  /** `clock`: the time or date that a camera writes into its picture. */
  readonly kind: 'text' | 'clock';
  readonly start: Micros;
  readonly end: Micros;
  /** The mean confidence of that reading, 0 to 1, with four decimals. */
  readonly confidence: number;
  /** Where it stood when it was first seen, in fractions of the picture. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** The first and the last keyframe that show it. */
  readonly from: readonly [number, number];
}

/** A line at another place belongs to a piece only if its text is this similar. */
const SAME_TEXT = 0.8;
/** A line at the same place, where readings flicker. */
const SAME_PLACE_TEXT = 0.5;
/** How far a text may move between two keyframes, in picture sizes. */
const MOST_MOVE = 0.25;
/** Keyframes that a text may be missing from before it counts as gone: readings fail now and then. */
const MOST_MISSED = 1;
/** Different readings that are counted for a piece. */
const MOST_READINGS = 64;

interface Votes {
  sum: number;
  count: number;
}

/** A piece that the last keyframes show. */
export interface OpenPiece {
  readonly first: TextLine;
  readonly start: Micros;
  readonly index: number;
  readonly votes: Map<string, Votes>;
  clock: boolean;
  last: TextLine;
  lastIndex: number;
  /** When it was first missing, if it is. */
  gone: Micros | undefined;
  missed: number;
}

/** When the text of a piece was first missing, once it counts as gone. Microseconds from the track's zero. */
export function goneSince({ missed, gone }: OpenPiece): Micros | undefined {
  return missed > MOST_MISSED ? gone : undefined;
}

/** What a keyframe adds and ends. */
export interface PieceChange {
  /** Pieces that appear with it. */
  readonly appeared: readonly OpenPiece[];
  /** Pieces that are known to be gone. */
  readonly ended: readonly TextPiece[];
}

function overlap(a: TextLine, b: TextLine): number {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (across <= 0 || down <= 0) return 0;
  return (across * down) / (a.width * a.height + b.width * b.height - across * down);
}

/** How well a line continues a piece, 0 where it does not. */
function continues({ last, clock }: OpenPiece, line: TextLine): number {
  const place = overlap(last, line);
  if (place > 0 && (clock || looksLikeClock(last.text)) && looksLikeClock(line.text)) {
    if (withoutDigits(last.text) === withoutDigits(line.text)) return 2;
  }
  const alike = similarity(last.text, line.text);
  const move = Math.hypot(
    last.x + last.width / 2 - line.x - line.width / 2,
    last.y + last.height / 2 - line.y - line.height / 2,
  );
  const same = place >= 0.3 ? alike >= SAME_PLACE_TEXT : alike >= SAME_TEXT && move <= MOST_MOVE;
  return same ? alike + place : 0;
}

/**
 * Joins the lines of consecutive keyframes to pieces of text with a start and an end. Holds the pieces that the last keyframes show,
 * however long the video.
 */
export class TextPieces {
  readonly #zero: Micros;
  #open: OpenPiece[] = [];

  /** @param zero the track's zero on the captions' clock */
  constructor(zero: Micros) {
    this.#zero = zero;
  }

  /** Takes the lines of the next keyframe. One whose text is not known changes nothing. */
  next({ index, pts, lines }: Caption): PieceChange {
    if (lines === undefined) return { appeared: [], ended: [] };
    const time = Math.max(0, pts - this.#zero);
    const pairs = this.#open
      .flatMap((piece) => lines.map((line) => ({ piece, line, score: continues(piece, line) })))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score);
    const seen = new Set<OpenPiece>();
    const placed = new Set<TextLine>();
    for (const { piece, line } of pairs) {
      if (seen.has(piece) || placed.has(line)) continue;
      seen.add(piece);
      placed.add(line);
      extend(piece, line, index);
    }
    const ended: TextPiece[] = [];
    this.#open = this.#open.filter((piece) => {
      if (seen.has(piece)) return true;
      piece.gone ??= time;
      piece.missed += 1;
      if (piece.missed <= MOST_MISSED) return true;
      ended.push(closed(piece, piece.gone));
      return false;
    });
    const appeared = lines.filter((line) => !placed.has(line)).map((line) => opened(line, time, index));
    this.#open.push(...appeared);
    return { appeared, ended };
  }

  /** The pieces that last until the end of the video, on the captions' clock. */
  end(end: Micros): TextPiece[] {
    const last = Math.max(0, end - this.#zero);
    return this.#open.splice(0).map((piece) => closed(piece, piece.gone ?? Math.max(last, piece.start)));
  }
}

function opened(line: TextLine, start: Micros, index: number): OpenPiece {
  const votes = new Map([[line.text, { sum: line.confidence, count: 1 }]]);
  const since = { gone: undefined, missed: 0, clock: false };
  return { first: line, start, index, votes, last: line, lastIndex: index, ...since };
}

function extend(piece: OpenPiece, line: TextLine, index: number): void {
  if (piece.last.text !== line.text && looksLikeClock(line.text)) {
    piece.clock ||= withoutDigits(piece.last.text) === withoutDigits(line.text);
  }
  const votes = piece.votes.get(line.text);
  if (votes !== undefined) {
    votes.sum += line.confidence;
    votes.count += 1;
  } else if (piece.votes.size < MOST_READINGS) piece.votes.set(line.text, { sum: line.confidence, count: 1 });
  piece.last = line;
  piece.lastIndex = index;
  piece.gone = undefined;
  piece.missed = 0;
}

function closed({ first, start, index, votes, clock, lastIndex }: OpenPiece, end: Micros): TextPiece {
  let [text, best]: [string, Votes] = [first.text, votes.get(first.text) ?? { sum: first.confidence, count: 1 }];
  // Of readings with equal support the earlier one stays.
  if (!clock) for (const [other, found] of votes) if (found.sum > best.sum) [text, best] = [other, found];
  const { x, y, width, height } = first;
  const confidence = Math.round((best.sum / best.count) * 1e4) / 1e4;
  const kind = clock ? 'clock' : 'text';
  return { text, kind, start, end, confidence, x, y, width, height, from: [index, lastIndex] };
}

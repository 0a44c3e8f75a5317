import { map, type OperatorFunction } from 'rxjs';
import type { Caption } from '../../core/types.ts';
import type { PieceChange, TextPieces } from './text-pieces.ts';

/** A caption, and what became of the text in the pictures with it. */
export interface ReadCaption extends PieceChange {
  readonly caption: Caption;
}

/** Matches the lines of captions, in order, with the pieces of text before them. */
export function readCaptions(pieces: TextPieces): OperatorFunction<Caption, ReadCaption> {
  return map((caption) => ({ caption, ...pieces.next(caption) }));
}

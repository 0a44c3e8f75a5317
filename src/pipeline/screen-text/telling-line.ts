import type { TextLine } from '../../core/types.ts';
import { isOverlay } from './overlay.ts';
import { looksLikeClock } from './similar-text.ts';

/** A reading of lower confidence is not relied on. */
const LEAST_CONFIDENCE = 0.85;

/** True for a line that says something in words: surely read, large enough, and neither a clock nor the name of a camera. */
export function isTelling(
  { text, confidence, y, height }: TextLine,
  least: {
    /** In picture heights. */
    readonly height: number;
    readonly letters: number;
  },
): boolean {
  if (height < least.height || confidence < LEAST_CONFIDENCE) return false;
  return (text.match(/\p{L}/gu) ?? []).length >= least.letters && !isOverlay({ y, height }) && !looksLikeClock(text);
}

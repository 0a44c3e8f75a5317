import type { TextLine } from '../../core/types.ts';
import { isOverlay } from './overlay.ts';
import { looksLikeClock } from './similar-text.ts';

/** The least height of a heading, in picture heights, and the least confidence of its reading. */
const [LEAST_HEIGHT, LEAST_CONFIDENCE] = [0.04, 0.85];

/** The heading of a slide, a dialog or a page: its tallest line of text. Undefined where no line is tall enough. */
export function headingOf(lines: readonly TextLine[]): string | undefined {
  const candidates = lines.filter(
    (line) =>
      line.height >= LEAST_HEIGHT &&
      line.confidence >= LEAST_CONFIDENCE &&
      (line.text.match(/\p{L}/gu) ?? []).length >= 3 &&
      !isOverlay(line) &&
      !looksLikeClock(line.text),
  );
  if (candidates.length === 0) return undefined;
  // Of lines of equal height the first one, as a person reads.
  return candidates.reduce((best, line) => (line.height > best.height ? line : best)).text;
}

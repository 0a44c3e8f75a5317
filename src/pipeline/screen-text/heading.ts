import type { TextLine } from '../../core/types.ts';
import { isTelling } from './telling-line.ts';

const HEADING = { height: 0.04, letters: 3 };

/** The heading of a slide, a dialog or a page: its tallest line of text. Undefined where no line is tall enough. */
export function headingOf(lines: readonly TextLine[]): string | undefined {
  const candidates = lines.filter((line) => isTelling(line, HEADING));
  if (candidates.length === 0) return undefined;
  // Of lines of equal height the first one, as a person reads.
  return candidates.reduce((best, line) => (line.height > best.height ? line : best)).text;
}

import type { Micros } from '../../core/types.ts';

/** Maximum lines of a cue. */
export const LINES = 2;

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Characters of `text` as a reader counts them: grapheme clusters (UAX 29). */
export function graphemeCount(text: string): number {
  // Fast path: in printable ASCII every code unit is one character.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  return Array.from(segmenter.segment(text)).length;
}

interface Word {
  readonly text: string;
  readonly length: number;
}

/** Words, each at most as long as a line: longer ones are cut between graphemes. */
function wordsOf(text: string, lineLength: number): Word[] {
  return text.split(' ').flatMap((word): Word[] => {
    const length = graphemeCount(word);
    if (length === 0) return [];
    if (length <= lineLength) return [{ text: word, length }];
    const letters = Array.from(segmenter.segment(word), (part) => part.segment);
    const pieces: Word[] = [];
    for (let at = 0; at < letters.length; at += lineLength) {
      const piece = letters.slice(at, at + lineLength);
      pieces.push({ text: piece.join(''), length: piece.length });
    }
    return pieces;
  });
}

/** Length of the words `from` to `to - 1` on one line, with the spaces between them. */
type Measure = (from: number, to: number) => number;

function measured(words: readonly Word[]): Measure {
  const before = [0];
  for (const word of words) before.push((before.at(-1) ?? 0) + word.length + 1);
  return (from, to) => (before[to] ?? 0) - (before[from] ?? 0) - 1;
}

/**
 * Splits `count` words into as few parts as `fits` allows and, among those, as evenly as possible (least sum of squared
 * lengths), by dynamic programming. Ties go to the earlier break, so that the upper line is the shorter one. Returns the
 * index after each part.
 */
function optimalBreaks(count: number, measure: Measure, fits: (from: number, to: number) => boolean): number[] {
  interface Best {
    readonly parts: number;
    readonly squares: number;
    readonly next: number;
  }
  // best[i]: how to split the words from i on. Computed from the end, so that the first break settles ties.
  const best: Best[] = [];
  best[count] = { parts: 0, squares: 0, next: count };
  for (let from = count - 1; from >= 0; from -= 1) {
    let chosen: Best | undefined;
    for (let to = from + 1; to <= count && fits(from, to); to += 1) {
      const rest = best[to];
      if (rest === undefined) continue;
      const parts = rest.parts + 1;
      const squares = rest.squares + measure(from, to) ** 2;
      if (chosen === undefined || parts < chosen.parts || (parts === chosen.parts && squares < chosen.squares)) {
        chosen = { parts, squares, next: to };
      }
    }
    if (chosen !== undefined) best[from] = chosen;
  }

  const ends: number[] = [];
  for (let at = 0; at < count; ) {
    at = best[at]?.next ?? count;
    ends.push(at);
  }
  return ends;
}

function slices(words: readonly Word[], ends: readonly number[]): Word[][] {
  return ends.map((end, at) => words.slice(ends[at - 1] ?? 0, end));
}

/**
 * Breaks a tidy text into cues of at most {@link LINES} lines (joined with a line feed) of at most `lineLength`
 * graphemes: as few cues and lines as possible, evenly filled, broken between words.
 */
export function breakText(text: string, lineLength: number): string[] {
  const words = wordsOf(text, lineLength);
  const measure = measured(words);
  const fitsLine = (from: number, to: number): boolean => measure(from, to) <= lineLength;
  const fitsCue = (from: number, to: number): boolean => {
    if (fitsLine(from, to)) return true;
    for (let middle = from + 1; middle < to && fitsLine(from, middle); middle += 1) {
      if (fitsLine(middle, to)) return true;
    }
    return false;
  };
  return slices(words, optimalBreaks(words.length, measure, fitsCue)).map((part) => {
    const measurePart = measured(part);
    const lines = optimalBreaks(part.length, measurePart, (from, to) => measurePart(from, to) <= lineLength);
    return slices(part, lines)
      .map((line) => line.map((word) => word.text).join(' '))
      .join('\n');
  });
}

/**
 * Divides `[start, end]` (microseconds) among parts in proportion to their `weights`, each at least `minimum`; equally
 * where the time is too short for that. Returns the parts' ends; the last is `end`.
 */
export function divideTime(start: Micros, end: Micros, weights: readonly number[], minimum: Micros): Micros[] {
  const total = end - start;
  const scarce = total < minimum * weights.length;
  const shares = weights.map((weight) => (scarce ? 1 : weight));
  const raised = new Set<number>();
  // Raising a part to the minimum lowers the others, so this repeats until no part is below it.
  const sizeOf = (at: number): number => {
    if (raised.has(at)) return minimum;
    const free = shares.reduce((sum, share, other) => (raised.has(other) ? sum : sum + share), 0);
    return ((total - minimum * raised.size) * (shares[at] ?? 0)) / free;
  };
  while (!scarce) {
    const low = weights.findIndex((_, at) => !raised.has(at) && sizeOf(at) < minimum);
    if (low === -1 || raised.size === weights.length - 1) break;
    raised.add(low);
  }

  let passed = 0;
  return weights.map((_, at) => {
    passed += sizeOf(at);
    return at === weights.length - 1 ? end : start + Math.round(passed);
  });
}

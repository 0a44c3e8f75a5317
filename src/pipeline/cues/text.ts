/** A caption's text on one line: any run of white space becomes one space, control characters are removed. */
export function tidy(text: string): string {
  return text
    .replace(/\s+/gu, ' ')
    .replace(/\p{Cc}/gu, '')
    .trim();
}

/** The lines of a text that a person wrote, each tidy, without empty ones: in WebVTT and SubRip those end a cue. */
export function tidyLines(text: string): string {
  const lines = text.split(/\r\n|[\r\n\u2028\u2029]/).map(tidy);
  return lines.filter((line) => line !== '').join('\n');
}

/** True where two tidy texts are equal except for case. */
export function equalIgnoringCase(a: string, b: string): boolean {
  return a === b || a.toLowerCase() === b.toLowerCase();
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}'-]+/gu) ?? [];
}

/** From this {@link wordOverlap} on, two captions of a still scene count as two wordings of the same description. */
export const SIMILAR = 0.6;

/**
 * Overlap ratio of two texts: the Sorensen-Dice coefficient of their multisets of words, `2 |A and B| / (|A| + |B|)`.
 * 1 for the same words in any order, 0 for none in common.
 */
export function wordOverlap(a: string, b: string): number {
  const left = words(a);
  const right = words(b);
  if (left.length + right.length === 0) return a === b ? 1 : 0;

  const unmatched = new Map<string, number>();
  for (const word of left) unmatched.set(word, (unmatched.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of right) {
    const count = unmatched.get(word) ?? 0;
    if (count === 0) continue;
    unmatched.set(word, count - 1);
    shared += 1;
  }
  return (2 * shared) / (left.length + right.length);
}

/** Words as a reader counts them: separated by white space, with at least one letter or digit. */
export function wordCount(text: string): number {
  return text.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

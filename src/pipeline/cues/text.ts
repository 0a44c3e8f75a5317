/** A caption's text on one line: white space of any kind becomes single spaces, control characters go. */
export function tidy(text: string): string {
  return text
    .replace(/\s+/gu, ' ')
    .replace(/\p{Cc}/gu, '')
    .trim();
}

/** True where two tidy captions say the same but for case. */
export function equalIgnoringCase(a: string, b: string): boolean {
  return a === b || a.toLowerCase() === b.toLowerCase();
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}'-]+/gu) ?? [];
}

/** From this {@link wordOverlap} on, two captions of one still scene count as two wordings of the same thing. */
export const SIMILAR = 0.6;

/**
 * How much two captions have in common: Dice's coefficient of their words, `2 |A and B| / (|A| + |B|)`, counting
 * repeated words as often as they stand. 1 for the same words in any order, 0 for none in common.
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

/** How many words a reader sees: what stands between white space and has a letter or a digit in it. */
export function wordCount(text: string): number {
  return text.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

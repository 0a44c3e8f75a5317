/** Weights of the words in a video's texts: words that occur in all of them weigh nearly nothing. */
export interface Vocabulary {
  weightOf(word: string): number;
}

/** The distinct words of a text, in lower case, without plural endings. */
export function wordsOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+(?:['’][\p{L}]+)?/gu) ?? [];
  return new Set(words.map((word) => (word.length > 3 && /[^s]s$/.test(word) ? word.slice(0, -1) : word)));
}

/** Weighs words by their inverse document frequency, `log((N + 1) / n)` for a word in n of N texts. */
export function vocabularyOf(texts: readonly ReadonlySet<string>[]): Vocabulary {
  const counts = new Map<string, number>();
  for (const words of texts) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return { weightOf: (word) => Math.log((texts.length + 1) / (counts.get(word) ?? 1)) };
}

/**
 * Distance of two sets of words by Dice's coefficient of their weights: 0 for equal sets, 1 for disjoint ones. 0 where either is
 * empty, since an empty text is no evidence of a change.
 */
export function wordDistance(a: ReadonlySet<string>, b: ReadonlySet<string>, { weightOf }: Vocabulary): number {
  if (a.size === 0 || b.size === 0) return 0;
  let total = 0;
  let both = 0;
  for (const word of a) {
    total += weightOf(word);
    if (b.has(word)) both += weightOf(word);
  }
  for (const word of b) total += weightOf(word);
  return total === 0 ? 0 : 1 - (2 * both) / total;
}

/*
 * CIDEr-D (Vedantam et al. 2015) as the COCO caption evaluation computes it, on words in lower case without punctuation. Document frequencies
 * are those of the references that are given.
 */

const LONGEST = 4;
/** Of the penalty on different lengths. */
const SIGMA = 6;

type Grams = ReadonlyMap<string, number>;

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

function gramsOf(words: readonly string[], n: number): Map<string, number> {
  const grams = new Map<string, number>();
  for (let at = 0; at + n <= words.length; at++) {
    const gram = words.slice(at, at + n).join(' ');
    grams.set(gram, (grams.get(gram) ?? 0) + 1);
  }
  return grams;
}

/** The score of each caption against its references, on the scale of papers: about 100 for what people write of the same picture. */
export function ciderD(captions: readonly string[], references: readonly (readonly string[])[]): number[] {
  const pictures = references.length;
  const scores = new Array<number>(pictures).fill(0);
  for (let n = 1; n <= LONGEST; n++) {
    const frequency = new Map<string, number>();
    for (const each of references) {
      const seen = new Set(each.flatMap((text) => [...gramsOf(wordsOf(text), n).keys()]));
      for (const gram of seen) frequency.set(gram, (frequency.get(gram) ?? 0) + 1);
    }
    const weigh = (grams: Grams): Map<string, number> =>
      new Map(
        [...grams].map(([gram, count]) => [
          gram,
          count * (Math.log(pictures) - Math.log(Math.max(1, frequency.get(gram) ?? 0))),
        ]),
      );
    const norm = (vector: Grams): number => Math.sqrt([...vector.values()].reduce((sum, value) => sum + value ** 2, 0));
    for (const [at, own] of references.entries()) {
      const words = wordsOf(captions[at] ?? '');
      const hypothesis = weigh(gramsOf(words, n));
      let sum = 0;
      for (const text of own) {
        const other = wordsOf(text);
        const reference = weigh(gramsOf(other, n));
        let product = 0;
        for (const [gram, value] of hypothesis) {
          const wanted = reference.get(gram) ?? 0;
          product += Math.min(value, wanted) * wanted;
        }
        const length = norm(hypothesis) * norm(reference);
        const penalty = Math.exp(-((words.length - other.length) ** 2) / (2 * SIGMA ** 2));
        sum += length === 0 ? 0 : (product / length) * penalty;
      }
      scores[at] = (scores[at] ?? 0) + (1000 * sum) / own.length / LONGEST;
    }
  }
  return scores;
}

/** Closed-class words, which name nothing visible. Prepositions of place are included: other words name what they relate. */
const CLOSED: ReadonlySet<string> = new Set(
  (
    'a an the this that these those some any each his her hers its it their theirs them they he him she my your our we you i ' +
    'and or but nor so if while as than then there who whom whose which what where when ' +
    'of in on at to by for from with without into onto upon out off over under above below up down through across along around ' +
    'about against among between behind beside besides near next after before during toward towards ' +
    'is are was were be been being am do does did has have having had can could may might will would shall should must not no'
  ).split(' '),
);

/** A word in lower case without punctuation at its ends, for comparisons. */
export function bareWord(word: string): string {
  return word.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
}

/** True for content words: all but those of a small closed class. */
export function isContentWord(word: string): boolean {
  const bare = bareWord(word);
  return bare !== '' && !CLOSED.has(bare);
}

/** A word of the draft beside the one of the final caption in its place, as indices; one of them may be missing. */
export interface WordPair {
  readonly draft: number | undefined;
  readonly final: number | undefined;
  /** True where both are the same word. */
  readonly same: boolean;
}

/**
 * Aligns the words of a draft and of the final caption: unchanged words by their longest common subsequence; of each change, the first removed
 * word beside the first added one, and so on.
 */
export function pairWords(draft: readonly string[], final: readonly string[]): WordPair[] {
  const [a, b] = [draft.map(bareWord), final.map(bareWord)];
  // common[i][j]: length of the longest common subsequence of a[i..] and b[j..].
  const common = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      (common[i] as number[])[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: WordPair[] = [];
  let [left, right]: [number[], number[]] = [[], []];
  const flush = (): void => {
    const rows = Math.max(left.length, right.length);
    for (let row = 0; row < rows; row++) pairs.push({ draft: left[row], final: right[row], same: false });
    [left, right] = [[], []];
  };
  for (let [i, j] = [0, 0]; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      flush();
      pairs.push({ draft: i++, final: j++, same: true });
    } else if (j === b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) left.push(i++);
    else right.push(j++);
  }
  flush();
  return pairs;
}

/** A line of text, and how sure the recogniser is of its characters on average, 0 to 1. */
export interface Reading {
  readonly text: string;
  readonly confidence: number;
}

/** The class of the recogniser that stands for "no character". */
const BLANK = 0;

/**
 * Decodes a recogniser's output greedily (connectionist temporal classification, Graves et al., 2006): the best class of each step, repeats
 * counted once, blanks left out.
 * @param probabilities [steps, classes], each row sums to one
 * @param characters of the classes, the blank's first
 */
export function decodeCtc(probabilities: Float32Array, characters: readonly string[]): Reading {
  const classes = characters.length;
  let [text, sum, count, last] = ['', 0, 0, BLANK];
  for (let start = 0; start + classes <= probabilities.length; start += classes) {
    let [best, most] = [BLANK, Number.NEGATIVE_INFINITY];
    for (let n = 0; n < classes; n++) {
      const value = probabilities[start + n] as number;
      if (value > most) [best, most] = [n, value];
    }
    if (best !== BLANK && best !== last) {
      text += characters[best];
      sum += most;
      count++;
    }
    last = best;
  }
  return { text, confidence: count === 0 ? 0 : sum / count };
}

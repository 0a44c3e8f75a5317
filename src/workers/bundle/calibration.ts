import { z } from 'zod';
import { type Hypothesis, softmaxOf } from '../decoding/beam-search.ts';

/** Coefficients of a logistic regression; a term that is absent has no influence. */
const terms = z.object({
  bias: z.number(),
  /** Of the mean log-probability of the tokens, end token included. */
  logProbability: z.number().default(0),
  /** Of the mean entropy, in nats, of the distributions that the tokens were chosen from. */
  entropy: z.number().default(0),
  /** Of the highest of these entropies. */
  highestEntropy: z.number().default(0),
});

/** Coefficients that turn what the search knows into the probability that a caption is right. Fitted by `training/calibrate.py`. */
export const calibration = z.object({
  onePass: terms,
  /** `agreement`: of the words that draft and text share ({@link agreement}). */
  twoPasses: terms.extend({ agreement: z.number().default(0) }),
});

/** See {@link calibration}. */
export type Calibration = z.infer<typeof calibration>;

/** What the confidence of a caption is computed from. */
export interface WrittenCaption extends Pick<Hypothesis, 'logits' | 'confidence'> {
  readonly text: string;
  /** The first pass's caption; absent after one pass. */
  readonly draft?: string;
}

const LEAST_PROBABILITY = 1e-6;

const wordsOf = (text: string): Set<string> => new Set(text.toLowerCase().match(/[a-z0-9']+/g));

/** The words that two captions share, as a part of all words that they use: 0 to 1 (Jaccard index). */
export function agreement(a: string, b: string): number {
  const [left, right] = [wordsOf(a), wordsOf(b)];
  const shared = [...left].filter((word) => right.has(word)).length;
  return shared / Math.max(1, left.size + right.size - shared);
}

/** The entropy, in nats, of the softmax of logits. */
function entropyOf(logits: Float32Array): number {
  const { max, logSum } = softmaxOf(logits);
  let weighted = 0;
  for (const logit of logits) {
    const probability = Math.exp(logit - max - logSum);
    weighted += probability === 0 ? 0 : probability * (logit - max);
  }
  return logSum - weighted;
}

/** The sum of all terms for one caption. */
function logitOf({ logits, confidence }: WrittenCaption, coefficients: Calibration['onePass']): number {
  const entropies = logits.map(entropyOf);
  const mean = entropies.reduce((a, b) => a + b, 0) / Math.max(1, entropies.length);
  const { bias, logProbability, entropy, highestEntropy } = coefficients;
  return (
    bias +
    logProbability * Math.log(Math.max(LEAST_PROBABILITY, confidence)) +
    entropy * mean +
    highestEntropy * Math.max(0, ...entropies)
  );
}

/**
 * The confidence of a caption, 0 to 1: the geometric mean of its tokens' probabilities or, where the bundle is calibrated, the probability
 * that the caption is right.
 */
export function confidenceOf(caption: WrittenCaption, coefficients: Calibration | undefined): number {
  if (coefficients === undefined) return caption.confidence;
  const { onePass, twoPasses } = coefficients;
  const { draft, text } = caption;
  const logit =
    draft === undefined
      ? logitOf(caption, onePass)
      : logitOf(caption, twoPasses) + twoPasses.agreement * agreement(draft, text);
  return 1 / (1 + Math.exp(-logit));
}

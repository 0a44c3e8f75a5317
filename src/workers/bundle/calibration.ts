import { z } from 'zod';

/** Coefficients of the logistic regressions that turn what the search knows into the probability that a caption is right. Fitted by `training/calibrate.py`. */
export const calibration = z.object({
  onePass: z.object({ bias: z.number(), logProbability: z.number() }),
  twoPasses: z.object({ bias: z.number(), logProbability: z.number(), agreement: z.number() }),
});

/** See {@link calibration}. */
export type Calibration = z.infer<typeof calibration>;

const LEAST_PROBABILITY = 1e-6;

const wordsOf = (text: string): Set<string> => new Set(text.toLowerCase().match(/[a-z0-9']+/g));

/** The words that two captions share, as a part of all words that they use: 0 to 1 (Jaccard index). */
export function agreement(a: string, b: string): number {
  const [left, right] = [wordsOf(a), wordsOf(b)];
  const shared = [...left].filter((word) => right.has(word)).length;
  return shared / Math.max(1, left.size + right.size - shared);
}

/**
 * The confidence of a caption, 0 to 1: the geometric mean of its tokens' probabilities or, where the bundle is calibrated, the probability
 * that the caption is right.
 * @param probability geometric mean of the tokens' probabilities
 * @param draft the first pass's caption; absent after one pass
 */
export function confidenceOf(
  { probability, text, draft }: { readonly probability: number; readonly text: string; readonly draft?: string },
  coefficients: Calibration | undefined,
): number {
  if (coefficients === undefined) return probability;
  const logProbability = Math.log(Math.max(LEAST_PROBABILITY, probability));
  const { onePass, twoPasses } = coefficients;
  const logit =
    draft === undefined
      ? onePass.bias + onePass.logProbability * logProbability
      : twoPasses.bias + twoPasses.logProbability * logProbability + twoPasses.agreement * agreement(draft, text);
  return 1 / (1 + Math.exp(-logit));
}

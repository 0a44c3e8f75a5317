import { expect, test } from 'vitest';
import { agreement, calibration, confidenceOf } from '../../../src/workers/bundle/calibration.ts';

const coefficients = calibration.parse({
  onePass: { bias: 1, logProbability: 2 },
  twoPasses: { bias: -1, logProbability: 1.5, agreement: 3 },
});
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const logitsOf = (...probabilities: number[]): Float32Array => Float32Array.from(probabilities, Math.log);
/** Two tokens and the end token, each chosen from four. */
const written = {
  logits: [logitsOf(0.25, 0.5, 0.125, 0.125), logitsOf(0, 0, 1, 0), logitsOf(0.25, 0.25, 0.25, 0.25)],
  confidence: 0.5,
};

test('without coefficients the confidence is the mean probability of the tokens', () => {
  expect(confidenceOf({ ...written, text: 'A dog', draft: 'A cat' }, undefined)).toBe(0.5);
});

test('after one pass the draft does not count', () => {
  const confidence = confidenceOf({ ...written, text: 'A dog' }, coefficients);
  expect(confidence).toBeCloseTo(logistic(1 + 2 * Math.log(0.5)), 12);
});

test('after two passes a caption that departs from its draft is less certain', () => {
  const of = (draft: string): number => confidenceOf({ ...written, text: 'A dog on a bed', draft }, coefficients);
  expect(of('A dog on a bed')).toBeCloseTo(logistic(-1 + 1.5 * Math.log(0.5) + 3), 12);
  expect(of('A cat on a bed')).toBeCloseTo(logistic(-1 + 1.5 * Math.log(0.5) + 3 * (3 / 5)), 12);
});

test.each([
  ['entropy', (1.75 * Math.LN2 + 0 + 2 * Math.LN2) / 3],
  ['highestEntropy', 2 * Math.LN2],
])('the term %s', (term, value) => {
  const terms = { bias: 0.5, [term]: -2 };
  const only = calibration.parse({ onePass: terms, twoPasses: terms });
  expect(confidenceOf({ ...written, text: 'A dog' }, only)).toBeCloseTo(logistic(0.5 - 2 * value), 6);
});

test('an empty caption and one of probability 0 have a confidence, not NaN', () => {
  const terms = { bias: -1, logProbability: 2, entropy: 1, highestEntropy: 1 };
  const all = calibration.parse({ onePass: terms, twoPasses: terms });
  const confidence = confidenceOf({ logits: [], confidence: 0, text: '' }, all);
  expect(confidence).toBeGreaterThanOrEqual(0);
  expect(confidence).toBeLessThan(1e-9);
});

test.each([
  ['A red car', 'a RED car', 1],
  ["A man's hat", "A man's head", 0.5],
  ['A dog', 'Two cats', 0],
  ['', '', 0],
])('agreement of %j and %j: %d', (a, b, expected) => {
  expect(agreement(a, b)).toBe(expected);
});

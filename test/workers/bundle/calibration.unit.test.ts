import { expect, test } from 'vitest';
import { agreement, confidenceOf } from '../../../src/workers/bundle/calibration.ts';

const coefficients = {
  onePass: { bias: 1, logProbability: 2 },
  twoPasses: { bias: -1, logProbability: 1.5, agreement: 3 },
};
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

test('without coefficients the confidence is the mean probability of the tokens', () => {
  expect(confidenceOf({ probability: 0.42, text: 'A dog', draft: 'A cat' }, undefined)).toBe(0.42);
});

test('after one pass only the probability counts', () => {
  const confidence = confidenceOf({ probability: 0.5, text: 'A dog' }, coefficients);
  expect(confidence).toBeCloseTo(logistic(1 + 2 * Math.log(0.5)), 12);
});

test('after two passes a caption that departs from its draft is less certain', () => {
  const of = (draft: string): number => confidenceOf({ probability: 0.5, text: 'A dog on a bed', draft }, coefficients);
  expect(of('A dog on a bed')).toBeCloseTo(logistic(-1 + 1.5 * Math.log(0.5) + 3), 12);
  expect(of('A cat on a bed')).toBeCloseTo(logistic(-1 + 1.5 * Math.log(0.5) + 3 * (3 / 5)), 12);
});

test('a caption of probability 0 has a confidence of nearly 0, not NaN', () => {
  const confidence = confidenceOf({ probability: 0, text: '' }, coefficients);
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

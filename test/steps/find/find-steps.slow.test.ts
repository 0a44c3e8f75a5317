import { describe, expect, test } from 'vitest';
import { CORPUS } from '../support/corpus.ts';
import { madeSteps, type Score } from '../support/made-steps.ts';

const stepsOf = madeSteps();
const scores: Score[] = [];

describe('steps of made videos, within two seconds', () => {
  test.each(Object.keys(CORPUS))('%s', async (name) => {
    scores.push(await stepsOf(name));
  });

  test('all in all', () => {
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(scores).toHaveLength(Object.keys(CORPUS).length);
    expect(mean(scores.map(({ ours }) => ours))).toBeGreaterThanOrEqual(0.9);
    expect(mean(scores.map(({ equal }) => equal))).toBeLessThan(0.6);
  });
});

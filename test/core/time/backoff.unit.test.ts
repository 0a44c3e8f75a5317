import { expect, test } from 'vitest';
import { exponentialBackoff } from '../../../src/core/time/backoff.ts';

test('doubles from the first delay up to the longest', () => {
  expect([0, 1, 2, 3, 4, 5, 6, 7].map((retry) => exponentialBackoff(retry, 100, 3000))).toEqual([
    100, 100, 200, 400, 800, 1600, 3000, 3000,
  ]);
  expect(exponentialBackoff(10_000, 100, 3000)).toBe(3000);
});

import { expect, test } from 'vitest';
import { gapsBetween, joinIntervals } from '../../../src/core/time/intervals.ts';

const spans = (...pairs: readonly (readonly [number, number])[]) => pairs.map(([start, end]) => ({ start, end }));

test('intervals that overlap, touch or nearly touch are joined', () => {
  expect(joinIntervals(spans([5, 7], [0, 2], [2, 3], [6, 9]))).toEqual(spans([0, 3], [5, 9]));
  expect(joinIntervals(spans([0, 2], [4, 5]), 2)).toEqual(spans([0, 5]));
  expect(joinIntervals([])).toEqual([]);
});

test('gaps are what no interval covers', () => {
  const speech = spans([2, 4], [6, 7]);
  expect(gapsBetween(speech, { start: 0, end: 10 })).toEqual(spans([0, 2], [4, 6], [7, 10]));
  expect(gapsBetween(speech, { start: 3, end: 6 })).toEqual(spans([4, 6]));
  expect(gapsBetween(speech, { start: 2, end: 4 })).toEqual([]);
  expect(gapsBetween([], { start: 2, end: 4 })).toEqual(spans([2, 4]));
});

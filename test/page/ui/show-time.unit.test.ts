import { expect, test } from 'vitest';
import { clockTime, exactTime, parseTime, sizeInWords, spanInWords } from '../../../web/src/ui/show-time.ts';

test.each([
  [0, '0:00', '0:00.000'],
  [62_345_678, '1:02', '1:02.346'],
  [59_999_600, '0:59', '1:00.000'],
  [3_723_000_000, '1:02:03', '1:02:03.000'],
  [90_000_000_000, '25:00:00', '25:00:00.000'],
])('%i microseconds are shown as %s and %s', (time, clock, exact) => {
  expect([clockTime(time), exactTime(time)]).toEqual([clock, exact]);
});

test.each([
  ['1:02:03.456', 3_723_456_000],
  ['2:03,4', 123_400_000],
  [' 123.4 ', 123_400_000],
  ['75', 75_000_000],
  ['1:75', undefined],
  ['1:75:00', undefined],
  ['-1', undefined],
  ['', undefined],
  ['soon', undefined],
])('%j is read as %j', (text, time) => {
  expect(parseTime(text)).toBe(time);
});

test('what is shown exactly is read as the same millisecond', () => {
  for (const time of [0, 1000, 59_999_000, 60_000_000, 3_600_000_000, 86_399_999_000]) {
    expect(parseTime(exactTime(time))).toBe(time);
  }
});

test('spans and sizes in words', () => {
  expect([0.4, 59, 61, 3600, 7500].map(spanInWords)).toEqual(['0 s', '59 s', '1 min', '1 h', '2 h 5 min']);
  expect([0, 640, 1500, 12_000, 3_400_000_000].map(sizeInWords)).toEqual(['0 B', '640 B', '1.5 KB', '12 KB', '3.4 GB']);
});

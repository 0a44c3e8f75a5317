import { expect, test } from 'vitest';
import { srtTime, toMilliseconds, toSeconds, vttTime } from '../../../src/pipeline/cues/time.ts';

test('milliseconds are rounded once, half up', () => {
  expect([0, 499, 500, 1499, 1500, 59_999_500].map(toMilliseconds)).toEqual([0, 0, 1, 1, 2, 60_000]);
});

test('59.9996 s is a minute', () => {
  expect(vttTime(59_999_600)).toBe('00:01:00.000');
  expect(vttTime(3_599_999_600)).toBe('01:00:00.000');
  expect(srtTime(59_999_499)).toBe('00:00:59,999');
});

test('days and weeks', () => {
  const hour = 3_600_000_000;
  expect(vttTime(24 * hour)).toBe('24:00:00.000');
  expect(vttTime(31 * hour + 61_001_000)).toBe('31:01:01.001');
  expect(srtTime(123 * hour)).toBe('123:00:00,000');
});

test('seconds have three decimals at most, also far out', () => {
  expect(toSeconds(59_999_600)).toBe(60);
  expect(JSON.stringify(toSeconds(90_000_001_000))).toBe('90000.001');
  expect(JSON.stringify(toSeconds(-400))).toBe('0');
});

test('rounding keeps two times apart that are a millisecond apart', () => {
  for (let time = 0; time < 5000; time += 7) {
    expect(toMilliseconds(time + 1000) - toMilliseconds(time)).toBe(1);
  }
});

import { expect, test } from 'vitest';
import { parseTime } from '../../src/config/flag-values.ts';
import { UsageError } from '../../src/core/failures.ts';

test.each([
  ['90', 90_000_000],
  ['90s', 90_000_000],
  ['0', 0],
  ['1.5', 1_500_000],
  ['250ms', 250_000],
  ['2m', 120_000_000],
  ['1.5h', 5_400_000_000],
  ['1:30', 90_000_000],
  ['90:00', 5_400_000_000],
  ['1:02:03.5', 3_723_500_000],
  ['26:00:00.000001', 93_600_000_001],
])('%s is %d microseconds', (text, micros) => {
  expect(parseTime(text, '--from')).toBe(micros);
});

test.each(['', 'soon', '-1', '1:2:3:4', '1:99999', '5 s', '1e3', '1:', ':30', '0x10', '1:75', '1:60:00'])(
  '"%s" is no time',
  (text) => {
    expect(() => parseTime(text, '--to')).toThrow(UsageError);
    expect(() => parseTime(text, '--to')).toThrow(/^--to .*not a time/);
  },
);

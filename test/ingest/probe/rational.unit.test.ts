import { describe, expect, it } from 'vitest';
import { microsToSeconds, parseRational, secondsToMicros, ticksToMicros } from '../../../src/ingest/probe/rational.ts';

describe('times', () => {
  it('turns ticks into microseconds without a rounding error that adds up', () => {
    const base = { num: 1001, den: 30_000 };
    expect(ticksToMicros(1n, base)).toBe(33_367);
    expect(ticksToMicros(30_000n, base)).toBe(1_001_000_000);
    // 30 hours of NTSC: a double of frame / fps is off by microseconds here.
    expect(ticksToMicros(3_236_763n, base)).toBe(107_999_992_100);
    expect(ticksToMicros(-1n, { num: 1, den: 90_000 })).toBe(-11);
    expect(ticksToMicros(2n ** 33n, { num: 1, den: 90_000 })).toBe(95_443_717_689);
  });

  it('rounds half up on both sides of zero', () => {
    const base = { num: 1, den: 2_000_000 };
    expect([1n, 3n, -1n, -3n].map((ticks) => ticksToMicros(ticks, base))).toEqual([1, 2, 0, -1]);
  });

  it('reads what ffprobe prints', () => {
    expect(secondsToMicros('112.711000')).toBe(112_711_000);
    expect(secondsToMicros('-0.021333')).toBe(-21_333);
    expect(secondsToMicros('90000.999999')).toBe(90_000_999_999);
    expect(secondsToMicros('N/A')).toBeNull();
    expect(secondsToMicros(undefined)).toBeNull();
    expect(parseRational('16:9')).toEqual({ num: 16, den: 9 });
    expect(parseRational('0/0')).toBeNull();
  });

  it('writes what ffmpeg reads', () => {
    expect([0, 1, 1_500_000, -21_333, 86_400_000_001].map(microsToSeconds)).toEqual([
      '0.000000',
      '0.000001',
      '1.500000',
      '-0.021333',
      '86400.000001',
    ]);
  });
});

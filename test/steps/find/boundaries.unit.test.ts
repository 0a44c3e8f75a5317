import { describe, expect, test } from 'vitest';
import { chooseBoundaries } from '../../../src/steps/find/boundaries.ts';

const SECOND = 1_000_000;
/** Positions every second, and a gain at some of them. */
function choose(seconds: number, gains: Record<number, number>, shortest: number, longest: number): number[] {
  const times = Array.from({ length: seconds }, (_, at) => at * SECOND);
  const all = times.map((_, at) => gains[at] ?? -0.5);
  return chooseBoundaries(times, seconds * SECOND, all, { shortest: shortest * SECOND, longest: longest * SECOND });
}

describe('where steps begin', () => {
  test('at gains, and nowhere else', () => {
    expect(choose(60, { 20: 0.4, 41: 0.2 }, 5, 60)).toEqual([20, 41]);
    expect(choose(60, {}, 5, 60)).toEqual([]);
  });

  test('the best of several that are too near each other', () => {
    expect(choose(60, { 20: 0.3, 22: 0.4, 24: 0.2 }, 5, 60)).toEqual([22]);
    // Two that can both stand beat the one between them.
    expect(choose(60, { 20: 0.3, 23: 0.5, 26: 0.3 }, 5, 60)).toEqual([20, 26]);
  });

  test('not so near the start or the end that a step would be too short', () => {
    expect(choose(60, { 3: 0.5, 57: 0.5 }, 5, 60)).toEqual([]);
    expect(choose(60, { 5: 0.5, 55: 0.5 }, 5, 60)).toEqual([5, 55]);
  });

  test('a step that would be too long is cut where that costs least', () => {
    expect(choose(60, { 33: -0.1 }, 5, 40)).toEqual([33]);
    expect(choose(100, { 30: -0.3, 60: -0.3 }, 5, 40)).toEqual([30, 60]);
  });

  test('every length is kept, whatever the gains (100 made ones)', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const gains = Object.fromEntries(
        Array.from({ length: 90 }, (_, at) => [at, (((at + 1) * seed * 7919) % 1000) / 1000 - 0.6]),
      );
      const starts = [0, ...choose(90, gains, 4, 11), 90];
      const lengths = starts.slice(1).map((end, at) => end - (starts[at] ?? 0));
      expect(Math.min(...lengths)).toBeGreaterThanOrEqual(4);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(11);
    }
  });

  test('a video that is shorter than a step is one step; one frame a minute is cut where there are frames', () => {
    expect(choose(3, { 1: 0.5 }, 5, 60)).toEqual([]);
    const sparse = [0, 60, 120].map((time) => time * SECOND);
    const lengths = { shortest: 5 * SECOND, longest: 30 * SECOND };
    expect(chooseBoundaries(sparse, 180 * SECOND, [0, -0.5, -0.5], lengths)).toEqual([1, 2]);
  });
});

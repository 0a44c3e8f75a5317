import { describe, expect, test } from 'vitest';
import { changes } from '../../../src/steps/find/evidence.ts';

/** Samples as points on a line. */
function of(points: readonly number[], reach = 5, full = 1): number[] {
  return changes(points.length, reach, (a, b) => Math.abs((points[a] ?? 0) - (points[b] ?? 0)), full);
}

const run = (value: number, count: number): number[] => Array.from({ length: count }, () => value);

describe('how much changes', () => {
  test('all of it at a clean change, less beside it, nothing away from it', () => {
    const found = of([...run(0, 10), ...run(9, 10)]);
    expect(found[10]).toBeCloseTo(1);
    expect(found[8]).toBeGreaterThan(0.3);
    expect(found[8]).toBeLessThan(0.7);
    expect(Math.max(...found.slice(0, 5), ...found.slice(16))).toBe(0);
    expect(found.indexOf(Math.max(...found))).toBe(10);
  });

  test('little in noise, and little between shots that alternate', () => {
    const noise = Array.from({ length: 60 }, (_, at) => ((at * 7919) % 101) / 10);
    expect(Math.max(...of(noise, 8).slice(8, -8))).toBeLessThan(0.35);
    const alternating = Array.from({ length: 40 }, (_, at) => (at % 2) * 9);
    expect(Math.max(...of(alternating, 6).slice(6, -6))).toBeLessThan(0.2);
  });

  test('a flicker counts for the share of the time that it takes', () => {
    const found = of([...run(0, 10), 9, ...run(0, 10)]);
    expect(Math.max(...found)).toBeLessThan(0.3);
  });

  test('a change smaller than a full one counts in proportion', () => {
    expect(of([...run(0, 10), ...run(0.25, 10)])[10]).toBeCloseTo(0.25);
  });

  test('no samples, one, and one piece', () => {
    expect(of([])).toEqual([]);
    expect(of([3])).toEqual([0]);
    expect(of(run(3, 4))).toEqual([0, 0, 0, 0]);
  });
});

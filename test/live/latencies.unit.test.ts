import { expect, test } from 'vitest';
import { Latencies } from '../../src/live/latencies.ts';

test('quantiles are right within 1 %', () => {
  const latencies = new Latencies();
  expect(latencies.quantile(0.5)).toBeUndefined();
  for (let ms = 1; ms <= 10_000; ms++) latencies.add(ms);
  expect(Math.abs((latencies.quantile(0.5) ?? 0) / 5000 - 1)).toBeLessThan(0.011);
  expect(Math.abs((latencies.quantile(0.95) ?? 0) / 9500 - 1)).toBeLessThan(0.011);
});

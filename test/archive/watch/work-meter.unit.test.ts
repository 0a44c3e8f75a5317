import { expect, test } from 'vitest';
import { WorkMeter } from '../../../src/archive/watch/work-meter.ts';

let now = 0;
const meter = (): WorkMeter => {
  now = 0;
  return new WorkMeter(() => now);
};

test('a task that runs alone takes all of its time', () => {
  const own = meter();
  now = 500;
  const stop = own.start();
  now = 1500;
  expect(stop()).toBe(1000);
});

test('tasks that run at the same time share it', () => {
  const own = meter();
  const first = own.start();
  now = 100;
  const second = own.start();
  now = 300;
  // 100 alone, then 200 shared by two.
  expect(first()).toBe(200);
  now = 400;
  expect(second()).toBe(200);
  // Nothing ran meanwhile.
  now = 10_000;
  const third = own.start();
  now = 10_050;
  expect(third()).toBe(50);
});

test('the sum of all tasks is the time in which any of them ran', () => {
  const own = meter();
  const stops = Array.from({ length: 8 }, () => own.start());
  let total = 0;
  for (const stop of stops) {
    now += 80;
    total += stop();
  }
  expect(total).toBeCloseTo(640);
});

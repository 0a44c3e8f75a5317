import { expect, test } from 'vitest';
import { LookScheduler } from '../../src/live/look-scheduler.ts';

function clocked(sources: readonly string[]) {
  const clock = { now: 0, elapsed: () => clock.now };
  return { clock, scheduler: new LookScheduler<{ changed: boolean; n: number }>(sources, clock) };
}

test('the newest frame of a source takes the place of the one that waits', () => {
  const { scheduler } = clocked(['a']);
  expect(scheduler.offer('a', { changed: true, n: 1 })).toBe(false);
  expect(scheduler.offer('a', { changed: false, n: 2 })).toBe(true);
  // That the picture changed was not seen yet.
  expect(scheduler.take()).toEqual({ source: 'a', look: { changed: true, n: 2 } });
  expect(scheduler.take()).toBeUndefined();
  scheduler.offer('a', { changed: true, n: 3 });
  expect(scheduler.take()).toBeUndefined();
  scheduler.done('a');
  expect(scheduler.take()?.look.n).toBe(3);
});

test('eight cameras that change all the time get equal turns, also those whose frames come less often', () => {
  const names = Array.from({ length: 8 }, (_, n) => `camera ${n}`);
  const { scheduler, clock } = clocked(names);
  const turns = new Map<string, number>();
  for (let tick = 0; tick < 800; tick++) {
    clock.now += 100;
    // Camera 0 sends a frame in every tick, camera 7 in every eighth.
    for (const [n, name] of names.entries())
      if (tick % (n + 1) === 0) scheduler.offer(name, { changed: true, n: tick });
    const turn = scheduler.take();
    if (turn === undefined) continue;
    turns.set(turn.source, (turns.get(turn.source) ?? 0) + 1);
    scheduler.done(turn.source);
  }
  const counts = names.map((name) => turns.get(name) ?? 0);
  expect(counts.reduce((sum, count) => sum + count)).toBe(800);
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
});

test('a picture that changed comes before still ones, until these have waited for ten seconds', () => {
  const { scheduler, clock } = clocked(['still', 'moving']);
  const order: string[] = [];
  for (let tick = 0; tick < 13; tick++) {
    scheduler.offer('still', { changed: false, n: tick });
    scheduler.offer('moving', { changed: true, n: tick });
    const turn = scheduler.take();
    if (turn !== undefined) scheduler.done(turn.source);
    order.push(turn?.source ?? '');
    clock.now += 1000;
  }
  expect(order.filter((source) => source === 'still')).toHaveLength(1);
  expect(order.indexOf('still')).toBe(10);
});

test('waiting ends with the next offer, and with the signal', async () => {
  const { scheduler } = clocked(['a']);
  const { signal } = new AbortController();
  const waiting = scheduler.changed(signal);
  scheduler.offer('a', { changed: true, n: 1 });
  await waiting;
  await scheduler.changed(AbortSignal.abort());
  expect(scheduler.isIdle('a')).toBe(false);
});

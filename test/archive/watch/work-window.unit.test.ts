import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readWatchSettings } from '../../../src/archive/watch/watch-settings.ts';
import { WorkWindow } from '../../../src/archive/watch/work-window.ts';
import { emptyState, type State } from '../support/state.ts';

let state: State;
beforeEach(async () => {
  state = await emptyState();
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await state.remove();
});

const workWindow = (flags: { window?: string; once?: boolean }): WorkWindow =>
  new WorkWindow(
    readWatchSettings(['/cams'], { format: 'vtt', settle: '15s', zone: 'Europe/Berlin', ...flags }, {}),
    state.db,
  );
const set = (moment: string): void => void vi.setSystemTime(new Date(moment));

test('a session is one window: what ends just after it closed belongs to it, the next evening is another', () => {
  const own = workWindow({ window: '22:00-06:00' });
  set('2026-11-24T20:00:00Z');
  expect([own.closes(), own.summary()]).toEqual([undefined, undefined]);
  set('2026-11-24T22:00:00Z');
  const first = own.session();
  expect(own.left()).toBe(7 * 3_600_000);
  set('2026-11-25T04:59:59Z');
  expect(own.session()).toBe(first);
  set('2026-11-25T05:00:01Z');
  expect([own.closes(), own.session()]).toEqual([undefined, first]);
  own.note({ recordings: 1, video: 60_000 });
  expect(own.summary()).toMatchObject({
    remaining: 1,
    remainingVideo: 60_000,
    until: Date.parse('2026-11-25T05:00:00Z'),
  });
  set('2026-11-25T21:00:00Z');
  expect(own.session()).toBeGreaterThan(first);
});

test('clocks that are set move the end of the window, not the work', () => {
  const own = workWindow({ window: '22:00-06:00' });
  set('2026-11-24T22:00:00Z');
  const first = own.session();
  set('2026-11-25T03:00:00Z');
  expect(own.left()).toBe(2 * 3_600_000);
  // Put back by hours: the same night, with more of it left.
  set('2026-11-24T21:30:00Z');
  expect([own.session(), own.left()]).toEqual([first, 7.5 * 3_600_000]);
  // In the night in which summer time begins an hour is missing.
  set('2026-03-28T21:00:00Z');
  expect(own.left()).toBe(7 * 3_600_000);
});

test('without a window it is one a day, or one run', () => {
  const [daily, once] = [workWindow({}), workWindow({ once: true })];
  set('2026-11-24T22:00:00Z');
  const before = [daily.session(), once.session()];
  expect(daily.left()).toBeUndefined();
  set('2026-11-24T23:30:00Z');
  expect(daily.session()).not.toBe(before[0]);
  expect(once.session()).toBe(before[1]);
});

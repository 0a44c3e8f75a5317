import { expect, test } from 'vitest';
import { type FrameMoment, FrameTimes } from '../../../src/ingest/live/frame-times.ts';

const S = 1e6;
const WRAP = (2 ** 33 / 90_000) * 1e6;
const START = 1_800_000_000_000;

/** Pushes frames given as [PTS in seconds, arrival in seconds after the start]; `set` moves this machine's clock (seconds). */
function place(
  frames: readonly (readonly [pts: number | null, arrival: number, set?: number])[],
  times = new FrameTimes(),
) {
  return frames.map(([pts, arrival, set = 0]) => {
    const when = { now: START + (arrival + set) * 1000, elapsed: arrival * 1000 };
    const moment = times.push(pts === null ? null : Math.round(pts * S), when);
    return moment === undefined ? undefined : { ...moment, at: (moment.at - START) / 1000 };
  });
}

function shown(moments: readonly (FrameMoment | undefined)[]): (number | undefined)[] {
  return moments.map((moment) => moment?.at);
}

test('frames keep their distances, as the least delayed of them places them', () => {
  // The second frame is 0.3 s late; the third shows that the first was late as well, by 0.2 s.
  expect(
    shown(
      place([
        [100, 1],
        [102, 3.3],
        [104, 4.8],
        [106, 6.8],
        [108, 9.5],
      ]),
    ),
  ).toEqual([1, 3, 4.8, 6.8, 8.8]);
});

test('a burst after a failure of the network keeps its times, none later than its arrival', () => {
  const moments = place([
    [0, 0],
    [2, 2],
    [4, 14],
    [6, 14.1],
    [8, 14.1],
    [14, 14.2],
    [16, 16],
  ]);
  expect(shown(moments)).toEqual([0, 2, 4, 6, 8, 14, 16]);
  expect(moments.every((moment) => moment?.session === 0)).toBe(true);
});

test('where the counter of a transport stream wraps around, the session goes on', () => {
  const end = WRAP / S;
  const moments = place([
    [end - 3, 0],
    [end - 1, 2],
    [1, 4],
    [3, 6],
  ]);
  expect(shown(moments)).toEqual([0, 2, 4, 6]);
  expect(moments.map((moment) => moment?.session)).toEqual([0, 0, 0, 0]);
  expect(moments.map((moment) => Math.round((moment?.pts ?? 0) / S - end))).toEqual([-3, -1, 1, 3]);
});

test('three wrap-arounds in a row, with frames every ten minutes', () => {
  const frames = Array.from({ length: 500 }, (_, n) => [(n * 600) % (WRAP / S), n * 600] as const);
  const moments = place(frames);
  expect(moments.map((moment) => moment?.at)).toEqual(frames.map(([, arrival]) => arrival));
  expect(new Set(moments.map((moment) => moment?.session))).toEqual(new Set([0]));
});

test.each([
  ['back', -3600],
  ['forward', 3600],
  ['back by half an hour, about as long as nothing came', -1800],
])('a camera whose clock jumps %s begins a session, and its times on the wall go on', (_, jump) => {
  const moments = place([
    [1e5, 0],
    [1e5 + 2, 2],
    [1e5 + 4 + jump, 4],
    [1e5 + 6 + jump, 6],
  ]);
  expect(moments.map((moment) => moment?.session)).toEqual([0, 0, 1, 1]);
  expect(shown(moments)).toEqual([0, 2, 4, 6]);
});

test('a new connection begins a session', () => {
  const times = new FrameTimes();
  times.connect();
  expect(place([[5, 0]], times)).toMatchObject([{ session: 0, at: 0 }]);
  times.connect();
  expect(place([[5, 60]], times)).toMatchObject([{ session: 1, at: 60 }]);
});

test('a frame that is late or comes twice is dropped', () => {
  expect(
    shown(
      place([
        [10, 0],
        [12, 2],
        [12, 2.1],
        [11.5, 2.2],
        [14, 4],
      ]),
    ),
  ).toEqual([0, 2, undefined, undefined, 4]);
});

test.each([
  ['slower', 1.001],
  ['faster', 0.999],
])('a stream whose clock is %s than this machine stays beside it', (_, rate) => {
  // Four hours: without correction the two would be 14 s apart.
  const moments = place(Array.from({ length: 1440 }, (_, n) => [n * 10, n * 10 * rate] as const));
  const late = moments.map((moment, n) => n * 10 * rate - (moment?.at ?? 0));
  expect(Math.max(...late)).toBeLessThan(1);
  expect(Math.min(...late)).toBeGreaterThanOrEqual(-0.002);
});

test('a stream whose clock stands still for a minute is placed anew', () => {
  const frames = Array.from({ length: 30 }, (_, n) => [n * 2, n < 5 ? n * 2 : n * 2 + 60] as const);
  const late = place(frames).map((moment, n) => (frames[n]?.[1] ?? 0) - (moment?.at ?? 0));
  expect(late[5]).toBe(60);
  expect(late.at(-1)).toBeLessThan(0.01);
});

test('times never go back, also where this machine’s clock is set', () => {
  const moments = place([
    [0, 0],
    [2, 2],
    [4, 4, 3600],
    [6, 6, 3600],
    [8, 8, 0],
    [10, 10, 0],
  ]);
  const times = shown(moments).map(Number);
  expect(times.slice(0, 4)).toEqual([0, 2, 3604, 3606]);
  expect(times.every((time, n) => n === 0 || time > (times[n - 1] ?? 0))).toBe(true);
});

test('without times of the stream, arrivals count', () => {
  expect(
    place([
      [null, 0],
      [null, 2],
      [null, 4.5],
    ]),
  ).toMatchObject([
    { session: 0, at: 0, pts: 0 },
    { session: 0, at: 2, pts: 2 * S },
    { session: 0, at: 4.5, pts: 4.5 * S },
  ]);
});

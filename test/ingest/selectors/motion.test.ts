import { describe, expect, test, vi } from 'vitest';
import type { ImageSpec } from '../../../src/core/types.ts';
import { MotionDetector, motionSelector } from '../../../src/ingest/selectors/motion.ts';
import { cameraPictures, type Disturbances, EDGE } from '../../support/scenes.ts';
import { expectMotion, judge } from './support/judge-motion.ts';

vi.setConfig({ testTimeout: 240_000 });

const IMAGE: ImageSpec = { width: EDGE, height: EDGE, resize: 'stretch', filter: 'bicubic', matrix: 'bt601' };

// motion.slow.test.ts has each disturbance by itself.
describe('what is not motion, and what is in the midst of it', () => {
  test.each([
    ['nothing', {}],
    ['all of it', { noise: 3, rain: 80, dusk: 0.6, exposure: 40, pulse: 4 }],
  ] satisfies [string, Disturbances][])('%s', (_, disturbances) => expectMotion(disturbances));

  test('it is the passages that make it move', () => {
    expect(judge([], { noise: 3 })).toEqual({ missed: 0, of: 0, wrong: 0 });
  });
});

test('what has stopped belongs to the picture; when it goes, something moves', () => {
  const detector = new MotionDetector(EDGE, EDGE);
  const [empty = new Uint8Array(0)] = cameraPictures(1, []);
  const [, parked = new Uint8Array(0)] = cameraPictures(2, [{ from: 1, to: 2 }], {}, [40, 30]);
  const seen: boolean[] = [];
  for (let at = 0; at < 60; at++) {
    seen.push(detector.push(at * 1_000_000, at >= 10 && at < 40 ? parked : empty).moving);
  }
  expect(seen[10]).toBe(true);
  expect(seen.slice(16, 40)).not.toContain(true);
  expect(seen[40]).toBe(true);
  expect(seen.slice(46)).not.toContain(true);
});

test('looks: the first, the beginning, every interval, the end, once a minute', () => {
  const selector = motionSelector(2_000_000).create(IMAGE);
  const chosen: [number, boolean][] = [];
  let at = 0;
  for (const pixels of cameraPictures(200, [{ from: 70, to: 79 }], { noise: 2 })) {
    for (const { pts, still } of selector.push({ pts: at * 1_000_000, key: true, pixels })) {
      chosen.push([pts / 1e6, still]);
    }
    at += 1;
  }
  const times = chosen.map(([time]) => time);
  expect(chosen[0]).toEqual([0, false]);
  expect(chosen).toContainEqual([60, true]);
  expect(times.filter((time) => time >= 70 && time < 79)).toEqual([70, 72, 74, 76, 78]);
  expect(times.filter((time) => time >= 79 && time < 90).length).toBeLessThanOrEqual(3);
  expect(times.filter((time) => time > 90).length).toBeLessThanOrEqual(2);
  expect(chosen.filter(([time, still]) => time >= 70 && time < 79 && still)).toEqual([]);
});

test('looks: a camera that is covered, a light that is switched, one colour that becomes another', () => {
  const [room = new Uint8Array(0)] = cameraPictures(1, []);
  const covered = room.map((level) => level >> 4);
  const painted = (...rgb: number[]): Uint8Array => room.map((_, at) => rgb[at % 3] ?? 0);
  for (const [before, after] of [
    [room, covered],
    [covered, room],
    [painted(255, 255, 255), painted(255, 0, 0)],
  ] as const) {
    const selector = motionSelector(2_000_000).create(IMAGE);
    const times: number[] = [];
    for (let at = 0; at < 40; at++) {
      const pixels = at < 20 ? before : after;
      for (const { pts, still } of selector.push({ pts: at * 1_000_000, key: true, pixels })) {
        if (!still) times.push(pts / 1e6);
      }
    }
    expect(times[0]).toBe(0);
    expect(times.find((time) => time > 0)).toBe(20);
    expect(times.length).toBeLessThanOrEqual(4);
  }
});

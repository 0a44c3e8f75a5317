import { expect, test } from 'vitest';
import type { Video } from '../../../src/web/api/schemas/videos.ts';
import { actionsOf, progressInWords, shareOf, stateOf } from '../../../web/src/videos/video-words.ts';

const VIDEO: Video = {
  id: 'v000000000000000000000001',
  name: 'film.mp4',
  source: { kind: 'upload', label: 'film.mp4' },
  state: 'running',
  stopping: false,
  options: {},
  added: '2026-01-01T00:00:00Z',
  progress: { keyframes: 8, covered: 5, speed: 3.14, left: 95 },
  media: { duration: 20, width: 64, height: 48, codec: 'h264', container: 'mp4' },
  cues: 2,
  edited: false,
  proxy: false,
  problems: [],
};

test('how far a video is', () => {
  expect(shareOf(VIDEO)).toBe(0.25);
  expect(progressInWords(VIDEO)).toBe('25 % · 2 min left · 3.1 × real time');
});

test('a part of a video is measured by that part', () => {
  expect(shareOf({ ...VIDEO, options: { from: 10, to: 99 } })).toBe(0.5);
});

test('without a known duration, keyframes are counted', () => {
  const { media: _, ...unopened } = VIDEO;
  expect(shareOf(unopened)).toBeUndefined();
  expect(progressInWords({ ...unopened, progress: { keyframes: 3, covered: 1 } })).toBe('3 keyframes');
});

test('each state has its words and what can be done', () => {
  const states = ['queued', 'running', 'paused', 'done', 'partial', 'failed', 'cancelled'] as const;
  expect(
    states.map((state) => [stateOf({ state, stopping: false }).words, ...actionsOf({ state, stopping: false })]),
  ).toMatchInlineSnapshot(`
    [
      [
        "Waiting",
        "pause",
        "cancel",
      ],
      [
        "Captioning",
        "pause",
        "cancel",
      ],
      [
        "Paused",
        "resume",
        "cancel",
      ],
      [
        "Done",
      ],
      [
        "Incomplete",
        "retry",
      ],
      [
        "Failed",
        "retry",
      ],
      [
        "Cancelled",
        "retry",
      ],
    ]
  `);
  expect(stateOf({ state: 'running', stopping: true }).words).toBe('Stopping');
  expect(actionsOf({ state: 'running', stopping: true })).toEqual([]);
});

import { expect, test } from 'vitest';
import { LiveTimeline, type TimelineSegment } from '../../../src/live/outputs/hls/live-timeline.ts';
import { caption, cue, NOON, state } from './support/events.ts';

const SETTINGS = { segment: 6000, hold: 5000, window: 60_000 };
const at = (seconds: number): number => NOON + seconds * 1000;

/** Seconds after noon, and the cues as `from to to: text`. */
function read({ start, end, discontinuity, text }: TimelineSegment) {
  const cues = [...text.matchAll(/\n\d+\n00:(\d\d:\d\d\.\d{3}) --> 00:(\d\d:\d\d\.\d{3})\n(.+)\n/g)];
  return {
    span: [(start - NOON) / 1000, (end - NOON) / 1000],
    cues: cues.map(([, from, to, said]) => `${from} to ${to}: ${said}`),
    ...(discontinuity ? { discontinuity } : {}),
  };
}

test('a segment is made when its end and the time for late captions have passed; an empty one too', () => {
  const timeline = new LiveTimeline(SETTINGS);
  expect(timeline.due(at(100))).toEqual([]);
  timeline.add(caption(1, 'A dog'), at(2));
  timeline.add(caption(4, ''), at(5));
  timeline.add(cue(1, 4, 'A dog'), at(5));
  expect(timeline.due(at(10.9))).toEqual([]);
  expect(timeline.due(at(11)).map(read)).toEqual([{ span: [0, 6], cues: ['00:01.000 to 00:04.000: A dog'] }]);
  expect(timeline.due(at(23)).map(read)).toEqual([
    { span: [6, 12], cues: [] },
    { span: [12, 18], cues: [] },
  ]);
});

test('a cue with known ends is whole in each of its segments; an open one is clipped and goes on', () => {
  const timeline = new LiveTimeline(SETTINGS);
  timeline.add(caption(1, 'A dog'), at(2));
  timeline.add(caption(4, 'A cat & a <dog>'), at(5));
  timeline.add(caption(8, 'a cat & A <dog>'), at(9));
  expect(timeline.due(at(11)).map(read)).toEqual([
    { span: [0, 6], cues: ['00:01.000 to 00:04.000: A dog', '00:04.000 to 00:06.000: A cat &amp; a &lt;dog&gt;'] },
  ]);
  timeline.add(caption(10, 'A man'), at(11));
  timeline.add(cue(4, 10, 'A cat & a <dog>'), at(11));
  timeline.add(caption(13, 'A tree'), at(14));
  expect(timeline.due(at(23.5)).map(read)).toEqual([
    { span: [6, 12], cues: ['00:06.000 to 00:10.000: A cat &amp; a &lt;dog&gt;', '00:10.000 to 00:13.000: A man'] },
    { span: [12, 18], cues: ['00:10.000 to 00:13.000: A man', '00:13.000 to 00:18.000: A tree'] },
  ]);
});

test('a cue that joins captions with other words replaces them, but not what is published', () => {
  const timeline = new LiveTimeline(SETTINGS);
  timeline.add(caption(1, 'A dog runs'), at(2));
  timeline.add(caption(5, 'A dog is running'), at(6));
  expect(timeline.due(at(11)).map(read)).toEqual([
    { span: [0, 6], cues: ['00:01.000 to 00:05.000: A dog runs', '00:05.000 to 00:06.000: A dog is running'] },
  ]);
  timeline.add(caption(9, ''), at(10));
  timeline.add(cue(1, 9, 'A dog runs'), at(10));
  expect(timeline.due(at(17)).map(read)).toEqual([{ span: [6, 12], cues: ['00:06.000 to 00:09.000: A dog runs'] }]);
});

test('a new session: the segment ends there, a discontinuity follows, and times map to the new clock', () => {
  const timeline = new LiveTimeline(SETTINGS);
  timeline.add(caption(0, 'A dog', { pts: 2 ** 33 * 100 }), at(1));
  timeline.add(state(3, 'failed'), at(3));
  timeline.add(caption(8, 'A cat', { session: 1, pts: 5_000_000 }), at(9));
  const segments = timeline.due(at(17));
  expect(segments.map(read)).toEqual([
    { span: [0, 6], cues: ['00:00.000 to 00:03.000: A dog'] },
    { span: [6, 8], cues: [] },
    { span: [8, 12], cues: ['00:00.000 to 00:04.000: A cat'], discontinuity: true },
  ]);
  // 100 * 2^33 microseconds are 9 * 2^33 ticks of 90 kHz.
  expect(segments.map(({ text }) => /MPEGTS:\d+/.exec(text)?.[0])).toEqual(['MPEGTS:0', 'MPEGTS:0', 'MPEGTS:450000']);
});

test('the clock of the source is followed, whatever this machine shows', () => {
  const timeline = new LiveTimeline(SETTINGS);
  // The source is seen a minute late.
  timeline.add(caption(0, 'A dog', { latency: 1000 }), at(61));
  expect(timeline.due(at(70))).toEqual([]);
  expect(timeline.due(at(71)).map(read)).toEqual([{ span: [0, 6], cues: ['00:00.000 to 00:06.000: A dog'] }]);
  // The camera's clock is set forward by an hour, and back.
  timeline.add(caption(3610, 'A cat'), at(71));
  expect(timeline.due(at(72)).map(read)).toEqual([]);
  expect(timeline.due(at(78)).map(read)).toEqual([
    {
      span: [3606, 3612],
      cues: ['00:00.000 to 00:04.000: A dog', '00:04.000 to 00:06.000: A cat'],
      discontinuity: true,
    },
  ]);
  timeline.add(caption(20, 'A cow'), at(81));
  timeline.due(at(82));
  expect(timeline.due(at(90)).map(read)).toEqual([
    { span: [12, 18], cues: [], discontinuity: true },
    { span: [18, 24], cues: ['00:08.000 to 00:12.000: A cow'] },
  ]);
});

test('after a suspension the timeline goes on now instead of making up for hours', () => {
  const timeline = new LiveTimeline(SETTINGS);
  timeline.add(caption(0, 'A dog'), at(1));
  const [first, ...rest] = timeline.due(at(7200)).concat(timeline.due(at(7206)));
  expect([first, ...rest].map((one) => one && read(one).span)).toEqual([[7194, 7200]]);
  expect(first && read(first)).toEqual({
    span: [7194, 7200],
    cues: ['00:00.000 to 00:06.000: A dog'],
    discontinuity: true,
  });
});

test('the end: what is shown ends with it', () => {
  const timeline = new LiveTimeline(SETTINGS);
  timeline.add(caption(4, 'A dog'), at(5));
  expect(timeline.end(at(8)).map(read)).toEqual([
    { span: [0, 6], cues: ['00:04.000 to 00:08.000: A dog'] },
    { span: [6, 8], cues: ['00:04.000 to 00:08.000: A dog'] },
  ]);
  expect(timeline.end(at(9))).toEqual([]);
});

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasJoint } from '../../../src/core/keyframe-marks.ts';
import type { Caption } from '../../../src/core/types.ts';
import type { LiveEvent, LiveVideoEvent } from '../../../src/live/live-event.ts';
import type { Captioner } from '../../../src/workers/captioner.ts';
import { ffmpeg, makeFolder } from '../../support/videos.ts';
import { captionsOf, colourCaptioner, startLive } from '../support/live-runs.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let film: string;
beforeAll(async () => {
  folder = await makeFolder();
  film = join(folder.path, 'box.ts');
  const room = 'color=0x202060:s=64x48:r=10:d=16[room];color=red:s=20x20:r=10:d=16[box]';
  const moves = `[room][box]overlay=x='if(between(t,3,6),(t-3)*12,-30)':y=12`;
  await ffmpeg('-filter_complex', `${room};${moves}`, '-c:v', 'mpeg2video', '-q:v', '2', '-g', '10', film);
});
afterAll(() => folder.remove());

/** Sees whether a red box is in the picture; of several pictures it says that the box moves. */
function boxCaptioner(sizes: number[], fails = false): Captioner {
  return {
    ...colourCaptioner(),
    async caption({ keyframes, ...group }, { passes }) {
      sizes.push(keyframes.length);
      if (fails && keyframes.length > 1) throw new Error('too many pictures');
      const joint = hasJoint({ keyframes }) ? { joint: { text: 'a box moves', confidence: 0.9 } } : {};
      return keyframes.map(({ index, pts, still, pixels }, at): Caption => {
        const isRed = (n: number): boolean => (pixels[n] ?? 0) > 150 && (pixels[n + 2] ?? 0) < 80;
        const box = Array.from({ length: pixels.length / 3 }, (_, n) => 3 * n).some(isRed);
        const text = box ? 'a box' : 'a room';
        const facts = { video: group.video, index, pts, still, draft: text, text, confidence: 0.8, passes };
        return at === 0 && box ? { ...facts, ...joint } : facts;
      });
    },
  };
}

const isEvent = (event: LiveEvent): event is LiveVideoEvent => event.kind === 'event';

test('events: one wording of several frames for what happens while something moves; its cue follows', async () => {
  const sizes: number[] = [];
  const captioner = boxCaptioner(sizes);
  await using live = await startLive([film], { follow: false, events: true, choice: { mode: 'auto' }, captioner });
  const summary = await live.ended;
  const events = live.events.filter(isEvent);
  expect(events.map(({ text }) => text)).toEqual(['a room', 'a box moves', 'a room']);
  const [before, moving, after] = events as [LiveVideoEvent, LiveVideoEvent, LiveVideoEvent];
  expect([moving.start, after.start]).toEqual([before.end, moving.end]);
  expect(moving.end - moving.start).toBeGreaterThan(2000);
  expect(moving.end - moving.start).toBeLessThan(4500);
  expect(moving.frames).toBeGreaterThanOrEqual(3);
  expect(moving.support).toBeGreaterThan(moving.frames / 2);
  expect(Math.max(...sizes)).toBeGreaterThanOrEqual(3);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(8);
  const cues = live.events.flatMap((event) => (event.kind === 'cue' ? [event] : []));
  expect(cues.map(({ start, end, text }) => [start, end, text])).toEqual(
    events.map(({ start, end, text }) => [start, end, text]),
  );
  // The words come while it happens, not when it has ended.
  const first = live.events.findIndex((event) => event.kind === 'caption' && event.text === 'a box');
  expect(first).toBeLessThan(live.events.indexOf(moving));
  expect(captionsOf(live.events)[0]?.text).toBe('a room');
  // What has not ended is known as well, under the start of its event.
  const open = live.events.filter((event) => event.kind === 'open-cue' && event.start === moving.start);
  expect(open[0]).toMatchObject({ text: 'a box' });
  expect(summary).toMatchObject({ exitCode: 0, sources: [{ cues: 3 }] });
});

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { frameAt, shownSpan } from '../../../src/ingest/decode/frame-at.ts';
import { probe } from '../../../src/ingest/probe/probe.ts';
import { IMAGE, NEVER, sourceOf } from '../../support/reading.ts';
import { ffmpeg, frameTimes, makeFolder } from '../../support/videos.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

const PICTURE = ['-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=12:d=5'];
const B_FRAMES = ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '3', '-g', '24', '-pix_fmt', 'yuv420p'];

test.each([
  ['MP4 with B-frames', 'b.mp4', B_FRAMES],
  ['MPEG-TS, which has no index and does not start at zero', 'ts.ts', [...B_FRAMES, '-muxpreload', '3']],
  [
    'frames at uneven times',
    'vfr.mkv',
    ['-vf', "select='not(mod(n,7))+gt(n,40)'", '-fps_mode', 'vfr', '-c:v', 'mpeg4', '-g', '9'],
  ],
  [
    'a video that begins a second after its container',
    'late.mkv',
    ['-output_ts_offset', '1', '-c:v', 'libvpx', '-b:v', '300k'],
  ],
])('%s: the frame that is shown is the last one not after the time', { timeout: 120_000 }, async (_, name, options) => {
  const file = await ffmpeg(...PICTURE, ...options, join(folder.path, name));
  const times = await frameTimes(file);
  const source = await sourceOf(file);
  const media = await probe(source, { signal: NEVER });
  const { from } = shownSpan(media);
  for (const time of [from, from + 40_000, 1_500_000, 1_583_400, 2_999_999, 3_950_000, 60_000_000]) {
    const shown = times.filter((pts) => pts <= time + media.start).at(-1);
    const frame = await frameAt(source, media, time, IMAGE, NEVER);
    expect(frame?.pts, `at ${time}`).toBe(shown);
    expect(frame?.pixels).toHaveLength(IMAGE.width * IMAGE.height * 3);
  }
});

test('before the first frame nothing is shown; where nothing can be decoded, it says so', {
  timeout: 60_000,
}, async () => {
  const file = await ffmpeg(...PICTURE, ...B_FRAMES, join(folder.path, 'early.mp4'));
  const source = await sourceOf(file);
  const media = await probe(source, { signal: NEVER });
  expect(await frameAt(source, media, -1_000_000, IMAGE, NEVER)).toBeUndefined();
  expect(shownSpan(media)).toEqual({ from: 0, to: 5_000_000 });
  const gone = { ...source, input: join(folder.path, 'gone.mp4'), label: 'gone.mp4' };
  // It was there when it was probed.
  await expect(frameAt(gone, media, 0, IMAGE, NEVER)).rejects.toMatchObject({ code: 'input-away' });
});

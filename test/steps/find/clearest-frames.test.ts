import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { probe } from '../../../src/ingest/probe/probe.ts';
import { readKeyframes } from '../../../src/ingest/read-keyframes.ts';
import { clearestTimes } from '../../../src/steps/find/clearest-frames.ts';
import { type Sample, sampleFrames, samplingChoice } from '../../../src/steps/find/sample-frames.ts';
import { sharpestStill } from '../../../src/steps/find/sharpest-still.ts';
import { sharpnessOf } from '../../../src/steps/find/sharpness.ts';
import { IMAGE, NEVER, sourceOf } from '../../support/reading.ts';
import { ffmpeg, makeFolder } from '../../support/videos.ts';

let folder: { path: string; remove: () => Promise<void> };
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

/** A step of 12 s as ffmpeg draws it, and the time of the frame that is chosen for it. */
async function clearest(name: string, filter: string): Promise<number> {
  const file = path.join(folder.path, name);
  const graph = `testsrc2=s=320x180:r=10:d=12,trim=end_frame=1,loop=loop=-1:size=1,trim=duration=12,fps=10,${filter}`;
  await ffmpeg('-filter_complex', graph, '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', file);
  const source = await sourceOf(file);
  const media = await probe(source, { signal: NEVER });
  const samples: Sample[] = [];
  const reader = readKeyframes(source, media, { choice: samplingChoice(media), image: IMAGE, signal: NEVER });
  for await (const _ of sampleFrames(reader, IMAGE, media.start, samples));
  expect(samples.length).toBe(24);
  const times = clearestTimes(samples, 0, 12_000_000);
  const still = await sharpestStill(source, media, times, NEVER);
  expect(still?.width).toBe(320);
  return (still?.time ?? -1) / 1e6;
}

test('not in a fade', async () => {
  const time = await clearest('fade.mp4', 'fade=in:st=0:d=4,fade=out:st=8:d=4');
  expect(time).toBeGreaterThanOrEqual(3.9);
  expect(time).toBeLessThanOrEqual(8.1);
}, 240_000);

test('not where the focus is lost', async () => {
  const time = await clearest('blur.mp4', "boxblur=6:enable='lt(t,7)'");
  expect(time).toBeGreaterThanOrEqual(7);
}, 240_000);

test('not a flicker', async () => {
  const time = await clearest(
    'flicker.mp4',
    "negate=enable='between(t,2,3.4)',noise=alls=60:allf=t:all_seed=1:enable='between(t,2,3.4)'",
  );
  expect(time < 2 || time > 3.4).toBe(true);
}, 240_000);

test('sharpness: flat, soft, hard', () => {
  const picture = (valueAt: (x: number) => number): Uint8Array =>
    Uint8Array.from({ length: 16 * 16 * 3 }, (_, at) => valueAt(Math.floor(at / 3) % 16));
  expect(
    sharpnessOf(
      picture(() => 90),
      16,
      16,
    ),
  ).toBeCloseTo(0);
  const soft = sharpnessOf(
    picture((x) => 128 + 100 * Math.sin(x / 3)),
    16,
    16,
  );
  const hard = sharpnessOf(
    picture((x) => (x < 8 ? 28 : 228)),
    16,
    16,
  );
  expect(soft).toBeGreaterThan(0);
  expect(hard).toBeGreaterThan(10 * soft);
  expect(sharpnessOf(new Uint8Array(12), 2, 2)).toBe(0);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KeyframeSelector } from '../../../src/ingest/selectors/keyframe-selector.ts';
import { readAll } from '../../support/reading.ts';
import { ffmpeg, makeFolder } from '../../support/videos.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

test('a selector of your own: it gets the frames that the choice decodes, and its frames are the keyframes', async () => {
  const film = await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=10:d=3', '-c:v', 'mpeg4', `${folder.path}/f.mp4`);
  const seen: number[] = [];
  const everyOther: KeyframeSelector = {
    push({ pts, pixels }) {
      seen.push(pts);
      return seen.length % 2 === 1 ? [{ pts, pixels, still: false }] : [];
    },
    finish: () => [],
  };
  const { keyframes } = await readAll(film, 'every:500ms', { selector: everyOther });
  expect(seen).toEqual([0, 500_000, 1_000_000, 1_500_000, 2_000_000, 2_500_000]);
  expect(keyframes.map(({ index, pts }) => [index, pts])).toEqual([
    [0, 0],
    [1, 1_000_000],
    [2, 2_000_000],
  ]);
});

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { colourOf, readAll } from '../../support/reading.ts';
import { ffmpeg, makeFolder } from '../../support/videos.ts';

/** Pictures of a stream whose size changes twice, five seconds each. */
const PARTS = [
  ['red', '64x48'],
  ['lime', '128x96'],
  ['blue', '48x64'],
] as const;

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

it('the grid of an interval goes on where the size of the pictures changes', async () => {
  const parts: Buffer[] = [];
  for (const [at, [colour, size]] of PARTS.entries()) {
    const part = join(folder.path, `${colour}.ts`);
    const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p'];
    await ffmpeg(
      '-f',
      'lavfi',
      '-i',
      `color=${colour}:s=${size}:r=25:d=5`,
      ...coding,
      '-output_ts_offset',
      `${5 * at}`,
      part,
    );
    parts.push(await readFile(part));
  }
  const film = join(folder.path, 'film.ts');
  await writeFile(film, Buffer.concat(parts));
  const { keyframes, media } = await readAll(film, 'every:3s');
  const seen = keyframes.map((keyframe) => [(keyframe.pts - media.start) / 1e6, colourOf(keyframe)]);
  expect(seen).toEqual([
    [0, 'red'],
    [3, 'red'],
    [6, 'lime'],
    [9, 'lime'],
    [12, 'blue'],
  ]);
});

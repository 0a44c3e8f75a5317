import { copyFile, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { benches, colourPicture, colourVideo, cuesOf, hex, jsonLines } from '../../cli/support/room.ts';
import { ffmpeg } from '../../support/videos.ts';

vi.setConfig({ testTimeout: 240_000 });

const bench = benches(async (shared) => {
  await Promise.all([
    colourVideo(path.join(shared, 'rgb.mp4'), ['red', 'green', 'blue'], 2),
    colourVideo(path.join(shared, 'clip.gif'), ['yellow', 'blue'], 2, ['-pix_fmt', 'rgb8']),
    colourPicture(path.join(shared, 'white.png'), 'white'),
  ]);
});

test('a hundred pictures in a folder: in order, and all of them', async () => {
  const { at, caption, read } = await bench('hundred');
  await mkdir(at('in'));
  await ffmpeg('-f', 'lavfi', '-i', `color=${hex('red')}:s=32x32:r=1:d=50`, at('in/a%03d.png'));
  await ffmpeg('-f', 'lavfi', '-i', `color=${hex('blue')}:s=32x32:r=1:d=50`, at('in/b%03d.png'));
  const { code } = await caption('in', '-o', 'all.jsonl', '--quiet');
  expect(code).toBe(0);
  const name = (letter: string, n: number): string => `${letter}${String(n + 1).padStart(3, '0')}.png`;
  expect(jsonLines(await read('all.jsonl')).map(({ video, text }) => [video, text])).toEqual([
    ...Array.from({ length: 50 }, (_, n) => [name('a', n), 'A bright red picture']),
    ...Array.from({ length: 50 }, (_, n) => [name('b', n), 'A bright blue picture']),
  ]);
});

describe.concurrent('inputs', () => {
  test('an animated GIF is a video', async () => {
    const { shared, caption } = await bench('gif');
    const { stdout } = await caption(`${shared}/clip.gif`, '-o', '-');
    expect(cuesOf(stdout)).toEqual([
      '00:00:00.000 --> 00:00:02.000 A bright yellow picture',
      '00:00:02.000 --> 00:00:04.000 A bright blue picture',
    ]);
  });

  test('globs, and names that look like one', async () => {
    const { shared, at, caption } = await bench('glob');
    await copyFile(path.join(shared, 'white.png'), at('x1.png'));
    await copyFile(path.join(shared, 'white.png'), at('x2.png'));
    await copyFile(path.join(shared, 'white.png'), at('[x].png'));
    const { stdout } = await caption('x?.png', '[x].png', '-o', '-');
    expect(jsonLines(stdout).map(({ video }) => video)).toEqual(['x1.png', 'x2.png', '[x].png']);
  });

  test('names that clash keep their extensions', async () => {
    const { shared, at, caption, folder } = await bench('clash');
    await copyFile(path.join(shared, 'rgb.mp4'), at('a.mp4'));
    await ffmpeg('-i', at('a.mp4'), '-c', 'copy', at('a.avi'));
    expect(await caption('a.mp4', 'a.avi')).toMatchObject({ code: 0 });
    expect((await readdir(folder)).sort()).toEqual(['a.avi', 'a.avi.vtt', 'a.mp4', 'a.mp4.vtt']);
  });
});

import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { benches, colourPicture, colourVideo, jsonLines } from '../../cli/support/room.ts';

// Each run starts several processes: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 240_000 });

const bench = benches(async (shared) => {
  await Promise.all([
    colourVideo(path.join(shared, 'rgb.mp4'), ['red', 'green', 'blue'], 2),
    colourVideo(path.join(shared, 'clip.gif'), ['yellow', 'blue'], 2, ['-pix_fmt', 'rgb8']),
    colourPicture(path.join(shared, 'white.png'), 'white'),
  ]);
});

describe.concurrent('inputs', () => {
  test('pictures: one caption each', async () => {
    const { shared, at, caption } = await bench('pictures');
    await Promise.all([
      colourPicture(at('a.jpg'), 'red'),
      colourPicture(at('b.webp'), 'green'),
      copyFile(path.join(shared, 'white.png'), at('c.png')),
    ]);
    const { code, stdout } = await caption('a.jpg', 'b.webp', 'c.png', '-o', '-');
    expect(code).toBe(0);
    expect(jsonLines(stdout).map(({ video, index, time, text }) => [video, index, time, text])).toEqual([
      ['a.jpg', 0, 0, 'A bright red picture'],
      ['b.webp', 0, 0, 'A bright green picture'],
      ['c.png', 0, 0, 'A bright white wall in the sun'],
    ]);
  });

  test('a folder keeps its tree, in names and in places', async () => {
    const { shared, at, captionEach, folder } = await bench('tree');
    await mkdir(at('in/deep/er'), { recursive: true });
    await copyFile(path.join(shared, 'rgb.mp4'), at('in/deep/er/rgb.mp4'));
    await copyFile(path.join(shared, 'white.png'), at('in/white.png'));
    await writeFile(at('in/notes.txt'), 'not a video');
    const [written, collected] = await captionEach(['in', '-o', 'out/'], ['in/', '-o', '-']);
    expect(written).toMatchObject({ code: 0 });
    expect(await readdir(path.join(folder, 'out'), { recursive: true })).toEqual([
      'deep',
      'white.vtt',
      'deep/er',
      'deep/er/rgb.vtt',
    ]);
    expect(jsonLines(collected?.stdout ?? '').map(({ video }) => video)).toEqual([
      ...Array(3).fill('deep/er/rgb.mp4'),
      'white.png',
    ]);
  });

  test('one jsonl takes the lines of all, in order', async () => {
    const { shared, read, at, captionEach } = await bench('collected');
    await copyFile(path.join(shared, 'rgb.mp4'), at('b.mp4'));
    await copyFile(path.join(shared, 'white.png'), at('a.png'));
    const args = ['b.mp4', 'a.png', `${shared}/clip.gif`, '-o', 'all.jsonl'];
    const [collected, again] = await captionEach(args, args);
    expect(collected?.code).toBe(0);
    expect(jsonLines(await read('all.jsonl')).map(({ video, index }) => `${video} ${index}`)).toEqual([
      'b.mp4 0',
      'b.mp4 1',
      'b.mp4 2',
      'a.png 0',
      'clip.gif 0',
      'clip.gif 1',
    ]);
    expect(collected?.stderr.trim().split('\n').at(-1)).toMatch(
      /^3 inputs: 3 done; 6 keyframes, \d cues in .* times real time$/,
    );
    expect(again).toMatchObject({ code: 0, stderr: expect.stringMatching(/^all\.jsonl: up to date/) });
  });

  test('stdin: a video whose index is at its end, and a picture', async () => {
    const { shared, shell, folder } = await bench('stdin');
    const video = await readFile(path.join(shared, 'rgb.mp4'));
    expect(await shell('$CAPTION - -o -', video)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/red[\s\S]*green[\s\S]*blue/),
    });
    const picture = await readFile(path.join(shared, 'white.png'));
    const { stdout } = await shell('$CAPTION - -f jsonl -o -', picture);
    expect(jsonLines(stdout)).toMatchObject([{ video: 'stdin', text: 'A bright white wall in the sun' }]);
    expect(await shell('$CAPTION -', video)).toMatchObject({ code: 0 });
    expect(await readdir(folder)).toEqual(['stdin.vtt']);
  });
});

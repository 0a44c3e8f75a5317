import { mkdir } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { benches, hex, jsonLines } from '../../cli/support/room.ts';
import { ffmpeg } from '../../support/videos.ts';

vi.setConfig({ testTimeout: 240_000 });

const bench = benches();

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

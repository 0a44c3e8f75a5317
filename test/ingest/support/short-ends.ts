import { readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { readAll } from '../../support/reading.ts';
import { ffmpeg } from '../../support/videos.ts';

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];

/** Makes a film of 12 s with a key frame each second. */
export function makeFilm(path: string, ...options: readonly string[]): Promise<string> {
  return ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=128x96:r=25:d=12', ...H264, '-g', '25', ...options, path);
}

/** Expects that a film of which less than two seconds are missing is read to its end, and counts as cut off. */
export async function checkShortEnd(folder: string, extension: string, options: readonly string[]): Promise<void> {
  const path = await makeFilm(join(folder, `short.${extension}`), ...options);
  expect((await readAll(path, 'every:4s')).report.damage).toBeUndefined();
  const { length } = await readFile(path);
  await truncate(path, Math.round(length * 0.93));
  const { report, times } = await readAll(path, 'every:4s');
  expect(report.damage).toMatchObject({ code: 'truncated', message: expect.stringContaining('cut off') });
  expect(times).toHaveLength(3);
}

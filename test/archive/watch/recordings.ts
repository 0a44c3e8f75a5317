import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hex } from '../../cli/support/room.ts';
import type { Colour } from '../../support/tiny-bundle.ts';
import { ffmpeg } from '../../support/videos.ts';

/** Colours that the tiny bundle tells from each other through noise. */
const COLOURS: readonly Colour[] = ['red', 'green', 'blue', 'yellow', 'gray'];

/** A recording with what is to be said of it. */
export interface MadeRecording {
  readonly bytes: Buffer;
  readonly colour: Colour;
}

/**
 * Makes `count` recordings of two seconds, each of one colour and each of other bytes, as a camera with a noisy sensor
 * does: one run of ffmpeg for all of a colour.
 */
export async function makeRecordings(folder: string, count: number, extension: string): Promise<MadeRecording[]> {
  const made: MadeRecording[] = [];
  const each = Math.ceil(count / COLOURS.length);
  for (const colour of COLOURS) {
    const own = path.join(folder, `${extension.slice(1)}-${colour}`);
    await mkdir(own, { recursive: true });
    await ffmpeg(
      ...['-f', 'lavfi', '-i', `color=${hex(colour)}:s=64x48:r=5:d=${2 * each}`, '-vf', 'noise=alls=6:allf=t'],
      ...['-c:v', 'mpeg4', '-q:v', '5', '-g', '10', '-f', 'segment', '-segment_time', '2', '-reset_timestamps', '1'],
      path.join(own, `%03d${extension}`),
    );
    for (const name of (await readdir(own)).sort()) made.push({ bytes: await readFile(path.join(own, name)), colour });
  }
  const contents = new Set(made.map(({ bytes }) => createHash('sha256').update(bytes).digest('hex')));
  if (contents.size !== made.length) throw new Error('two recordings are alike');
  // Neighbours in time differ in colour.
  return Array.from({ length: each }, (_, at) => COLOURS.map((_, colour) => made[colour * each + at]))
    .flat()
    .filter((recording) => recording !== undefined)
    .slice(0, count);
}

/** Puts a file where a recorder would, last changed at `changed` (milliseconds since 1970). */
export async function place(file: string, bytes: Uint8Array, changed: number): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, bytes);
  await utimes(file, changed / 1000, changed / 1000);
}

/** `2026-11-24T02:05:09Z` as `['20261124', '020509']`. */
export function stamp(moment: number): [string, string] {
  const [date = '', time = ''] = new Date(moment).toISOString().split('T');
  return [date.replaceAll('-', ''), time.slice(0, 8).replaceAll(':', '')];
}

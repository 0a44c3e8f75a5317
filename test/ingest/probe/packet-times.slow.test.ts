import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PacketTimes } from '../../../src/ingest/probe/packet-times.ts';
import { colourOf, open, readAll } from '../../support/reading.ts';
import { colourFilm, decodedFrames, ffmpeg, makeFolder } from '../../support/videos.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());
const at = (name: string): string => join(folder.path, name);

const COLOURS = ['red', 'lime', 'blue'];
const H264 = [
  '-c:v',
  'libx264',
  '-preset',
  'medium',
  '-bf',
  '3',
  '-g',
  '40',
  '-sc_threshold',
  '0',
  '-pix_fmt',
  'yuv420p',
];
const H265 = ['-c:v', 'libx265', '-x265-params', 'log-level=none:keyint=40:bframes=3:scenecut=0'];
const film = (name: string, ...options: string[]): Promise<string> => colourFilm(COLOURS, ...options, at(name));
const mpeg = (codec: string): string[] => ['-c:v', codec, '-bf', '2', '-g', '40'];

describe.each([
  ['H.264 in AVI', () => remux('h264.avi', '-f', 'avi')],
  ['H.264 in a program stream, several frames a packet', () => remux('h264.mpg')],
  ['MPEG-4 in AVI', () => film('mpeg4.avi', ...mpeg('mpeg4'))],
  ['MPEG-1 in a program stream', () => film('mpeg1.mpg', ...mpeg('mpeg1video'))],
  ['MPEG-2 in a VOB', () => film('mpeg2.vob', ...mpeg('mpeg2video'))],
  ['raw H.264', () => film('raw.h264', ...H264, '-f', 'h264')],
  ['raw H.265', () => film('raw.h265', ...H265, '-f', 'hevc')],
  ['raw MPEG-1', () => film('raw.m1v', ...mpeg('mpeg1video'), '-f', 'mpeg1video')],
  ['raw MPEG-2', () => film('raw.m2v', ...mpeg('mpeg2video'), '-f', 'mpeg2video')],
])('packets without presentation times, B-frames: %s', (_, make) => {
  it('gives key frames, changes of scene and ranges the times of a full decode', async () => {
    const path = await make();
    const truth = await decodedFrames(path);
    const keys = truth.filter(({ key }) => key).map(({ time }) => time);
    const opened = await open(path);
    const { times, media, report } = await readAll(opened, 'keyframes');
    expect(media.times).toEqual<PacketTimes>({ stamped: false, continuous: false, announced: false, lost: null });
    expect(keys.length).toBeGreaterThanOrEqual(4);
    expect(times).toHaveLength(keys.length);
    // Where ffmpeg's own times go back, the frame follows the one before it.
    for (const [index, time] of times.entries()) expect(Math.abs(time - (keys[index] ?? 0))).toBeLessThan(50_000);
    expect(report.frames).toBe(truth.length);
    expect(report.end - report.zero).toBeGreaterThan(5_900_000);
    expect(report.damage).toBeUndefined();

    const auto = await readAll(opened, 'auto');
    expect(auto.keyframes.map(colourOf)).toEqual(COLOURS);
    // A scene is found at its first key frame, or in the second after it; never before it begins.
    for (const [scene, time] of auto.times.entries()) {
      const late = time - media.start - 2_000_000 * scene;
      expect(late).toBeGreaterThan(-50_000);
      expect(late).toBeLessThan(1_100_000);
    }
    const middle = await readAll(opened, 'every:1s', { from: 2_500_000, to: 4_500_000 });
    expect(middle.times.map((time) => Math.round((time - media.start) / 100_000))).toEqual([25, 35]);
    expect(colourOf(middle.keyframes[0] as never)).toBe('lime');
  });
});

async function remux(name: string, ...options: string[]): Promise<string> {
  const whole = await film('whole.mp4', ...H264);
  return await ffmpeg('-i', whole, '-c', 'copy', '-bsf:v', 'h264_mp4toannexb', ...options, at(name));
}

describe('a clock that starts again', () => {
  const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p'];
  const part = (colour: string, name: string, ...options: string[]): Promise<string> =>
    colourFilm([colour], ...X264, ...options, at(name));
  async function join2(first: string, second: string, name: string): Promise<string> {
    await writeFile(at(name), Buffer.concat([await readFile(first), await readFile(second)]));
    return at(name);
  }

  it.each([
    ['transport streams', 'ts', [], []],
    ['transport streams, B-frames', 'ts', ['-bf', '2'], ['-bf', '2']],
    ['transport streams with only one key frame', 'ts', ['-g', '250'], ['-g', '250']],
    ['of another size', 'ts', [], ['-s', '128x96']],
    ['a second clock that is far behind the first', 'ts', ['-output_ts_offset', '100'], []],
    ['on another PID', 'ts', [], ['-mpegts_start_pid', '0x200']],
    ['program streams', 'mpg', ['-c:v', 'mpeg2video'], ['-c:v', 'mpeg2video']],
    ['raw streams', 'h264', [], []],
  ])('%s: the second part follows the first', async (_, extension, first, second) => {
    const path = await join2(
      await part('red', `a.${extension}`, ...first),
      await part('blue', `b.${extension}`, ...second),
      `joined.${extension}`,
    );
    const opened = await open(path);
    const { times, media, keyframes, report } = await readAll(opened, 'every:1ms');
    expect(report.frames).toBe(100);
    // The last frame of a PID comes with the end of the file only.
    expect(times.length).toBeGreaterThanOrEqual(99);
    const shown = times.map((time) => (time - media.start) / 1_000_000);
    expect(shown[0]).toBeCloseTo(0, 3);
    for (const [index, time] of shown.slice(1).entries()) expect(time - (shown[index] ?? 0)).toBeCloseTo(0.04, 1);
    expect((report.end - report.zero) / 1_000_000).toBeCloseTo(4, 1);
    const blue = keyframes.findIndex((keyframe) => colourOf(keyframe) === 'blue');
    expect(shown[blue]).toBeCloseTo(2, 1);
    for (const choice of ['auto', 'keyframes']) {
      const found = await readAll(opened, choice);
      const firstBlue = found.keyframes.find((keyframe) => colourOf(keyframe) === 'blue');
      expect(((firstBlue?.pts ?? 0) - media.start) / 1_000_000).toBeCloseTo(2, 1);
    }
  });

  it('a clock that jumps forward is kept, and the time without frames is named; sound that goes on makes it a picture that stays', async () => {
    const later = await part('blue', 'later.ts', '-output_ts_offset', '30');
    const lost = await join2(await part('red', 'earlier.ts'), later, 'lost.ts');
    const { report, times, media } = await readAll(lost, 'auto');
    expect(times.at(-1)).toBe(media.start + 30_000_000);
    expect(report.damage).toMatchObject({
      code: 'damaged',
      message: expect.stringContaining('between 2.0 s and 30.0 s'),
    });
    const sound = ['-f', 'lavfi', '-i', 'sine=d=32', '-map', '0:v', '-map', '1:a', '-c:v', 'copy', '-c:a', 'aac'];
    const mixed = await ffmpeg('-copyts', '-i', lost, ...sound, at('sound.ts'));
    expect((await readAll(mixed, 'auto')).report.damage).toBeUndefined();
  });

  it('a stream that moves to another PID, its clock going on, is read to its end', async () => {
    const moved = await part('blue', 'moved.ts', '-mpegts_start_pid', '0x200', '-output_ts_offset', '2');
    const path = await join2(await part('red', 'first.ts'), moved, 'moving.ts');
    const { keyframes, report, media } = await readAll(path, 'auto');
    expect(keyframes.map((keyframe) => [colourOf(keyframe), keyframe.pts - media.start])).toEqual([
      ['red', 0],
      ['blue', 2_000_000],
    ]);
    expect(report.end - report.zero).toBe(4_000_000);
  });
});

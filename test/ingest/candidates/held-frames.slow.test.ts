import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { colourOf, type Opened, open, readAll } from '../../support/reading.ts';
import { ffmpeg, makeFolder } from '../../support/videos.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
const SLIDES =
  "color=red:s=64x48:r=25:d=42,drawbox=t=fill:color=lime:enable='gte(t,1.2)',drawbox=t=fill:color=blue:enable='gte(t,40)'";
/** Red, lime from 1.2 s on, blue from 40 s on; nothing was recorded while nothing changed. */
const RECORDED = ['-vf', "select='lt(t,1.25)+between(t,40,40.5)'", '-fps_mode', 'vfr'];

const seen = async (input: string | Opened, choice: string, range = {}): Promise<string[]> => {
  const { keyframes, media } = await readAll(input, choice, range);
  return keyframes.map((each) => `${Math.round((each.pts - media.start) / 10_000) / 100} ${colourOf(each)}`);
};

describe.each([
  ['mp4', []],
  ['mkv', []],
  ['webm', ['-c:v', 'libvpx', '-deadline', 'realtime']],
])('frames that stay, %s', (extension, codec) => {
  let slides: Opened;
  beforeAll(async () => {
    const out = join(folder.path, `slides.${extension}`);
    await ffmpeg('-f', 'lavfi', '-i', SLIDES, ...RECORDED, ...X264.slice(0, codec.length === 0 ? 6 : 0), ...codec, out);
    slides = await open(out);
  });

  it('are looked at as at a constant rate, from the last one before the pause on', async () => {
    // The frame at 1.24 s stays; looks at most ten seconds after the cut at 1.2 s, and after each other.
    const stay = ['10.24 lime', '20.24 lime', '30.24 lime'];
    expect(await seen(slides, 'auto')).toEqual(['0 red', '1.2 lime', ...stay, '40 blue']);
    expect(await seen(slides, 'every:8s')).toEqual(['0 red', '8 lime', '16 lime', '24 lime', '32 lime', '40 blue']);
  });

  it('are there where a range begins', async () => {
    expect(await seen(slides, 'auto', { from: 20_000_000, to: 35_000_000 })).toEqual(['20 lime', '30 lime']);
    expect(await seen(slides, 'scene', { from: 20_000_000, to: 35_000_000 })).toEqual(['20 lime']);
    expect(await seen(slides, 'every:5s', { from: 20_000_000, to: 31_000_000 })).toEqual([
      '20 lime',
      '25 lime',
      '30 lime',
    ]);
  });
});

it('a last frame stays while the sound goes on', async () => {
  const slides = [
    '-f',
    'lavfi',
    '-i',
    SLIDES,
    '-f',
    'lavfi',
    '-i',
    'sine=d=55',
    ...RECORDED,
    '-map',
    '0:v',
    '-map',
    '1:a',
  ];
  const path = await ffmpeg(...slides, ...X264, '-c:a', 'aac', join(folder.path, 'sound.mp4'));
  expect((await seen(path, 'auto')).slice(-2)).toEqual(['40 blue', '49.48 blue']);
});

it.each(['mp4', 'mkv'])('a last frame that stays for a minute is no damage: %s', async (extension) => {
  const film = await ffmpeg('-f', 'lavfi', '-i', 'color=red:s=64x48:r=5:d=10', ...X264, join(folder.path, 'film.mp4'));
  const hold = ['-c', 'copy', '-bsf:v', "setts=duration='if(gte(PTS*TB,9.7),60/TB,DURATION)'"];
  const held = await ffmpeg('-i', film, ...hold, join(folder.path, 'held.mp4'));
  const path = extension === 'mp4' ? held : await ffmpeg('-i', held, '-c', 'copy', join(folder.path, 'held.mkv'));
  const opened = await open(path);
  const { report } = await readAll(opened, 'auto');
  expect(report.damage).toBeUndefined();
  expect(report.end - report.zero).toBe(69_800_000);
  expect(await seen(opened, 'auto')).toEqual(
    ['0', '9.8', '19.8', '29.8', '39.8', '49.8', '59.8'].map((time) => `${time} red`),
  );
});

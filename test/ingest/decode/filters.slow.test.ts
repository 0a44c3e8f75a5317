import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probe } from '../../../src/ingest/probe/probe.ts';
import { readKeyframes } from '../../../src/ingest/read-keyframes.ts';
import { colourOf, errorOf, IMAGE, NEVER, readAll, sourceOf } from '../../support/reading.ts';
import { colourFilm, ffmpeg, makeFolder } from '../../support/videos.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

describe('HDR', () => {
  const hdr = (name: string, size: string, matrix: string, transfer: string, format: string): Promise<string> => {
    const tags = ['-color_primaries', 'bt2020', '-color_trc', transfer, '-colorspace', matrix];
    const source = `color=red:s=${size}:r=5:d=0.6,setparams=colorspace=${matrix}:color_primaries=bt2020:color_trc=${transfer}`;
    return ffmpeg(
      '-f',
      'lavfi',
      '-i',
      source,
      '-c:v',
      'ffv1',
      '-pix_fmt',
      format,
      ...tags,
      join(folder.path, `${name}.mkv`),
    );
  };

  it.each([
    ['PQ with an odd width', '85x48', 'bt2020nc', 'smpte2084', 'yuv420p10le'],
    ['HLG with odd sides', '85x49', 'bt2020nc', 'arib-std-b67', 'yuv420p10le'],
    ['PQ with an odd width, 4:2:2', '85x49', 'bt2020nc', 'smpte2084', 'yuv422p10le'],
    ['PQ with constant luminance', '64x48', 'bt2020c', 'smpte2084', 'yuv444p10le'],
    ["PQ with SMPTE 2085's matrix", '64x48', 'smpte2085', 'smpte2084', 'yuv420p10le'],
    ['HLG with the matrix of SD', '64x48', 'smpte170m', 'arib-std-b67', 'yuv420p10le'],
    ['PQ with chromaticity-derived constant luminance', '64x48', 'chroma-derived-c', 'smpte2084', 'yuv420p10le'],
  ])('%s is converted', async (name, size, matrix, transfer, format) => {
    const { keyframes, report, media } = await readAll(await hdr(name, size, matrix, transfer, format), 'auto');
    expect(media.hdr).toBe(true);
    expect(keyframes.map(colourOf)).toEqual(['red']);
    expect(report.damage).toBeUndefined();
  });

  it('a conversion that fails is named, not a range that nobody gave', async () => {
    const source = await sourceOf(await hdr('plain', '64x48', 'bt2020nc', 'smpte2084', 'yuv420p10le'));
    const media = { ...(await probe(source, { signal: NEVER })), primaries: 'none that is known' };
    const reader = readKeyframes(source, media, { choice: { mode: 'auto' }, image: IMAGE, signal: NEVER });
    const read = async (): Promise<void> => {
      for await (const _ of reader);
    };
    expect(await errorOf(read())).toMatchObject({
      code: 'filter-failed',
      message: expect.stringContaining('plain.mkv'),
    });
  });
});

describe('every:N keeps its grid where the size of the frames changes', () => {
  const seen = async (path: string): Promise<string[]> => {
    const { keyframes, media } = await readAll(path, 'every:1500ms');
    return keyframes.map((each) => `${Math.round((each.pts - media.start) / 10_000) / 100} ${colourOf(each)}`);
  };
  const film = async (name: string, ...options: string[]): Promise<string> => {
    const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', ...options];
    const parts = [
      await colourFilm(['red'], ...x264, join(folder.path, `${name}-a.ts`)),
      await colourFilm(['lime'], ...x264, '-s', '128x96', '-output_ts_offset', '2', join(folder.path, `${name}-b.ts`)),
      await colourFilm(['blue'], ...x264, '-output_ts_offset', '4', join(folder.path, `${name}-c.ts`)),
    ];
    const path = join(folder.path, `${name}.ts`);
    await writeFile(path, Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))));
    return path;
  };
  const expected = ['0 red', '1.52 red', '3 lime', '4.52 blue'];

  it('as it is', async () => {
    expect(await seen(await film('sizes', '-pix_fmt', 'yuv420p'))).toEqual(expected);
  });

  it.each(['90', '180', '270'])('rotated by %s degrees', async (angle) => {
    const joined = await film('turned', '-pix_fmt', 'yuv420p');
    const turned = join(folder.path, `turned-${angle}.mp4`);
    await ffmpeg('-i', joined, '-c', 'copy', '-metadata:s:v', `rotate=${angle}`, turned);
    const source = await sourceOf(turned);
    // Versions of ffmpeg turn to different sides.
    expect([Number(angle), 360 - Number(angle)]).toContain((await probe(source, { signal: NEVER })).rotation);
    expect(await seen(turned)).toEqual(expected);
  });

  it('HDR', async () => {
    const tags = ['-color_primaries', 'bt2020', '-color_trc', 'smpte2084', '-colorspace', 'bt2020nc'];
    expect(await seen(await film('hdr', '-pix_fmt', 'yuv420p10le', ...tags))).toEqual(expected);
  });
});

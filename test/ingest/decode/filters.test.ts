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

it('every:N keeps its grid where the size of the frames changes', async () => {
  const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p'];
  const parts = [
    await colourFilm(['red'], ...x264, join(folder.path, 'a.ts')),
    await colourFilm(['lime'], ...x264, '-s', '128x96', '-output_ts_offset', '2', join(folder.path, 'b.ts')),
    await colourFilm(['blue'], ...x264, '-output_ts_offset', '4', join(folder.path, 'c.ts')),
  ];
  const path = join(folder.path, 'sizes.ts');
  await writeFile(path, Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))));
  const { keyframes, media } = await readAll(path, 'every:1500ms');
  expect(keyframes.map((each) => `${Math.round((each.pts - media.start) / 10_000) / 100} ${colourOf(each)}`)).toEqual([
    '0 red',
    '1.52 red',
    '3 lime',
    '4.52 blue',
  ]);
});

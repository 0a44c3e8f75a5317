import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { colourOf, readAll } from '../../support/reading.ts';
import { colourFilm, ffmpeg, makeFolder } from '../../support/videos.ts';

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];

describe('two recordings in one file (cat a b > both)', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  const at = (name: string): string => join(folder.path, name);

  beforeAll(async () => {
    folder = await makeFolder();
  });
  afterAll(() => folder.remove());

  const seen = async (name: string) => {
    const { keyframes, report, media } = await readAll(at(name), 'auto');
    const looks = keyframes.map((each) => `${Math.round((each.pts - media.start) / 1e6)} ${colourOf(each)}`);
    return { looks, damage: report.damage };
  };
  const both = async (kind: string, ...options: string[]) => {
    const films = [
      await colourFilm(['red', 'lime'], ...options, at(`1.${kind}`)),
      await colourFilm(['blue'], ...options, at(`2.${kind}`)),
    ];
    await writeFile(at(`both.${kind}`), Buffer.concat(await Promise.all(films.map((film) => readFile(film)))));
    expect((await seen(`1.${kind}`)).damage).toBeUndefined();
    return seen(`both.${kind}`);
  };

  it.each([
    ['mkv', ...X264],
    ['avi', ...X264, '-bf', '0'],
  ])('%s: the second follows the first', async (kind, ...options) => {
    const { looks, damage } = await both(kind, ...options);
    expect(looks).toEqual(['0 red', '2 lime', '4 blue']);
    expect(damage).toBeUndefined();
  });

  it('a Matroska file without sizes, as a killed recorder leaves it', async () => {
    await colourFilm(['red'], ...X264, at('a.mkv'));
    await colourFilm(['blue'], ...X264, at('b.mkv'));
    const parts = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const pipe = await ffmpeg('-i', at(`${name}.mkv`), '-c', 'copy', '-live', '1', at(`${name}-live.mkv`));
        return readFile(pipe);
      }),
    );
    await writeFile(at('live.mkv'), Buffer.concat(parts));
    expect((await seen('live.mkv')).looks).toEqual(['0 red', '2 blue']);
  });

  it.each([
    ['ogg', '-c:v', 'libvpx'],
    ['ogv', '-c:v', 'libtheora', '-g', '8'],
  ])('%s: the second follows the first, though the decoder complains of its headers', async (kind, ...options) => {
    const { looks, damage } = await both(kind, ...options);
    expect(looks).toEqual(['0 red', '2 lime', '4 blue']);
    expect(damage).toMatchObject({ code: 'damaged' });
  });

  it.each([
    ['mp4', ...X264],
    ['flv', ...X264],
    ['wmv', '-c:v', 'wmv2'],
    ['ivf', '-c:v', 'libvpx'],
    ['y4m', '-pix_fmt', 'yuv420p'],
    ['gif'],
    ['apng', '-f', 'apng'],
    ['wtv', '-c:v', 'mpeg2video'],
    ['swf', '-c:v', 'flv'],
    ['smjpeg', '-c:v', 'mjpeg', '-f', 'smjpeg'],
    ['nut', '-c:v', 'mpeg4'],
  ])('%s: ffmpeg does not read the second, which is said', async (kind, ...options) => {
    const { looks, damage } = await both(kind, ...options);
    expect(looks).toEqual(['0 red', '2 lime']);
    expect(damage).toMatchObject({ code: 'damaged', message: expect.stringContaining('another recording') });
  });
});

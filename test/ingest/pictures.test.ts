import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expandInputs } from '../../src/ingest/sources/sources.ts';
import { errorOf, IMAGE, meanColour, readAll } from '../support/reading.ts';
import { ffmpeg, makeFolder } from '../support/videos.ts';

const RED = { r: 220, g: 20, b: 30 };
const BLUE = { r: 20, g: 40, b: 200 };

describe('still pictures', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  const at = (name: string): string => join(folder.path, name);
  /** 120 x 60: red, its left third blue. */
  const flag = (): Sharp =>
    sharp({ create: { width: 120, height: 60, channels: 3, background: RED } }).composite([
      { input: { create: { width: 40, height: 60, channels: 3, background: BLUE } }, left: 0, top: 0 },
    ]);

  beforeAll(async () => {
    folder = await makeFolder();
  });
  afterAll(() => folder.remove());

  it.each(['png', 'jpeg', 'webp', 'avif'] as const)('%s gives one keyframe at zero', async (format) => {
    await flag()
      .toFormat(format, { quality: 95 })
      .toFile(at(`flag.${format}`));
    const { keyframes, report, media, source } = await readAll(at(`flag.${format}`), 'auto');
    expect(source.kind).toBe('picture');
    expect(media).toMatchObject({ container: 'picture', width: 120, height: 60 });
    expect(report).toEqual({ zero: 0, end: 0, frames: 1, keyframes: 1 });
    expect(keyframes).toHaveLength(1);
    expect(keyframes[0]).toMatchObject({ pts: 0, index: 0, still: false, width: IMAGE.width, height: IMAGE.height });
    expect(keyframes[0]?.pixels.length).toBe(IMAGE.width * IMAGE.height * 3);
    const [red = 0, , blue = 0] = meanColour(keyframes[0], 0.4, 0.1, 0.9, 0.9);
    expect(red).toBeGreaterThan(205);
    expect(blue).toBeLessThan(45);
    expect(meanColour(keyframes[0], 0.05, 0.1, 0.28, 0.9)[2]).toBeGreaterThan(185);
  });

  it('is turned as its EXIF says', async () => {
    // 6: the camera was turned; shown, the left third is at the top.
    await flag().withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toFile(at('turned.jpg'));
    const { keyframes, media } = await readAll(at('turned.jpg'), 'auto');
    expect(media.rotation).toBe(90);
    expect(meanColour(keyframes[0], 0.1, 0.05, 0.9, 0.28)[2]).toBeGreaterThan(185);
    expect(meanColour(keyframes[0], 0.1, 0.5, 0.9, 0.95)[0]).toBeGreaterThan(205);
  });

  it('lies on white where it is transparent, and is RGB where it is grey or CMYK', async () => {
    await sharp({ create: { width: 20, height: 20, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toFile(at('clear.png'));
    expect(meanColour((await readAll(at('clear.png'), 'auto')).keyframes[0])).toEqual([255, 255, 255]);
    await sharp({ create: { width: 20, height: 20, channels: 3, background: '#808080' } })
      .greyscale()
      .png()
      .toFile(at('grey.png'));
    expect(meanColour((await readAll(at('grey.png'), 'auto')).keyframes[0])).toEqual([128, 128, 128]);
    await flag().toColourspace('cmyk').jpeg().toFile(at('cmyk.jpg'));
    const [first] = (await readAll(at('cmyk.jpg'), 'auto')).keyframes;
    expect(first?.pixels.length).toBe(IMAGE.width * IMAGE.height * 3);
    const [red = 0, green = 255] = meanColour(first, 0.4, 0.1, 0.9, 0.9);
    expect(red - green).toBeGreaterThan(100);
  });

  it('is cropped to its middle where the bundle wants that', async () => {
    const { keyframes } = await readAll(
      await flag()
        .png()
        .toFile(at('crop.png'))
        .then(() => at('crop.png')),
      'auto',
      { image: { ...IMAGE, width: 60, height: 60, resize: 'crop' } },
    );
    // The middle 60 of 120 columns begin at 30: 10 of them are blue.
    expect(meanColour(keyframes[0], 0, 0, 0.1, 1)[2]).toBeGreaterThan(180);
    expect(meanColour(keyframes[0], 0.25, 0, 1, 1)[0]).toBeGreaterThan(200);
  });

  it('an animated PNG is a video, by whatever name; an animated WebP says how many pictures it has', async () => {
    const colours = ['red', 'blue'].flatMap((colour) => ['-f', 'lavfi', '-i', `color=${colour}:s=64x48:r=5:d=1`]);
    await ffmpeg(...colours, '-filter_complex', '[0][1]concat', '-f', 'apng', at('moves.png'));
    const { keyframes, source } = await readAll(at('moves.png'), 'auto');
    expect({ kind: source.kind, pts: keyframes.map(({ pts }) => pts) }).toEqual({ kind: 'file', pts: [0, 1_000_000] });
    await mkdir(at('folder'));
    await copyFile(at('moves.png'), at('folder/moves.png'));
    expect((await expandInputs([at('folder')])).sources[0]?.kind).toBe('file');

    const frames = await Promise.all(
      [RED, BLUE].map((background) =>
        sharp({ create: { width: 8, height: 8, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    await sharp(frames, { join: { animated: true } })
      .webp()
      .toFile(at('moves.webp'));
    expect((await readAll(at('moves.webp'), 'auto')).media).toMatchObject({ container: 'picture', pictures: 2 });
  });

  it('that is cut off is reported as damaged', async () => {
    const bytes = await flag().png({ compressionLevel: 0 }).toBuffer();
    await writeFile(at('cut.png'), bytes.subarray(0, bytes.length / 2));
    expect(await errorOf(readAll(at('cut.png'), 'auto'))).toMatchObject({
      code: 'unreadable',
      message: expect.stringContaining(at('cut.png')),
    });
  });
});

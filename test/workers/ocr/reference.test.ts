import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { TextLine } from '../../../src/core/types.ts';
import { type OcrEngine, openOcr } from '../../../src/workers/ocr/ocr-engine.ts';
import { ocrFolder, readOcrFiles } from '../../../src/workers/ocr/ocr-files.ts';

/*
 * What RapidOCR reads in the same pictures with the same graphs; test/fixtures/ocr/make_reference.py made both.
 */

const FIXTURES = new URL('../../fixtures/ocr/', import.meta.url);
const point = z.tuple([z.number(), z.number()]);
const referenceSchema = z.record(
  z.string(),
  z.array(z.object({ text: z.string(), confidence: z.number(), box: z.array(point).length(4) })),
);

let engine: OcrEngine;
beforeAll(async () => {
  engine = await openOcr(await readOcrFiles(ocrFolder(), 'cpu'), {});
});
afterAll(() => engine.release());

async function picture(name: string) {
  const file = fileURLToPath(new URL(`${name}.png`, FIXTURES));
  const { data, info } = await sharp(file)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: new Uint8Array(data) };
}

test.for(['slide', 'night', 'rotated', 'upside-down', 'upwards', 'nothing'])(
  'reads %s as the reference does',
  async (name) => {
    const reference =
      referenceSchema.parse(JSON.parse(await readFile(new URL('reference.json', FIXTURES), 'utf8')))[name] ?? [];
    const image = await picture(name);
    const lines = await engine.read(image);
    const byText = <Line extends { readonly text: string }>(list: readonly Line[]) =>
      list.toSorted((a, b) => (a.text < b.text ? -1 : 1));
    const [ours, theirs] = [byText(lines), byText(reference)];
    expect(ours.map(({ text }) => text)).toEqual(theirs.map(({ text }) => text));
    for (const [at, line] of ours.entries()) {
      const expected = theirs[at];
      if (expected === undefined) continue;
      expect(line.confidence, line.text).toBeCloseTo(expected.confidence, 1);
      const xs = expected.box.map(([x]) => x);
      const ys = expected.box.map(([, y]) => y);
      // Two pixels: the reference rounds the corners of its boxes one after another.
      const near = (value: number, pixels: number, size: number) => Math.abs(value * size - pixels) <= 2;
      expect(near(line.x, Math.min(...xs), image.width), `${line.text}: left`).toBe(true);
      expect(near(line.y, Math.min(...ys), image.height), `${line.text}: top`).toBe(true);
      expect(near(line.x + line.width, Math.max(...xs), image.width), `${line.text}: right`).toBe(true);
      expect(near(line.y + line.height, Math.max(...ys), image.height), `${line.text}: bottom`).toBe(true);
    }
  },
);

test('lines come in the order in which a person reads them', async () => {
  const texts = (await engine.read(await picture('slide'))).map(({ text }: TextLine) => text);
  expect(texts).toEqual([
    'Chapter 3: Methods',
    'Press any key to continue',
    'total 42.50 EUR',
    'right column',
    'npm install error: not found',
  ]);
});

test('a still keyframe has the lines of the one before it, without being read', async () => {
  const image = await picture('rotated');
  const blank = { ...image, pixels: new Uint8Array(image.pixels.length) };
  const keyframe = (index: number, still: boolean, shown: typeof image) => ({
    ...{ video: 'a', index, pts: index * 1e6, still },
    ...shown,
  });
  const group = {
    video: 'a',
    index: 0,
    keyframes: [keyframe(0, false, image), keyframe(1, true, blank), keyframe(2, false, blank)],
  };
  const captions = await engine.caption(group, { passes: 1 });
  expect(captions.map(({ text, lines }) => [text, lines?.length])).toEqual([
    ['High voltage', 1],
    ['High voltage', 1],
    ['', 0],
  ]);
});

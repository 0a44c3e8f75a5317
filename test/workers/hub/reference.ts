import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { RawPicture } from '../../../src/workers/regions/detail-regions.ts';

/** The tiny random models in the hub's layout; `make_hub.py` beside them made them. */
export const HUB = join(import.meta.dirname, '../../fixtures/hub');

const three = z.tuple([z.int(), z.int(), z.int()]);
const formulaSchema = z.object({
  ...{ width: z.int(), height: z.int(), base: three, ax: three, ay: three, amount: z.int(), shift: z.int() },
  ...{ cx: z.int(), cy: z.int(), r: z.int(), rgb: three },
});
const referenceSchema = z.object({
  pictures: z.array(formulaSchema).length(20),
  tokens: z.record(z.string(), z.array(z.array(z.int()))),
  size: z.int(),
  pixels: z.array(z.string()),
  prompt: z.array(z.int()).optional(),
  rendered: z.string().optional(),
  question: z.string().optional(),
});

/** What the reference implementation makes of a model's twenty pictures. */
export interface Reference extends Omit<z.infer<typeof referenceSchema>, 'pictures'> {
  readonly pictures: readonly RawPicture[];
}

/** A disc on a sloping, perhaps chequered ground. */
function drawn({
  width,
  height,
  base,
  ax,
  ay,
  amount,
  shift,
  cx,
  cy,
  r,
  rgb,
}: z.infer<typeof formulaSchema>): RawPicture {
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const disc = (x - cx) ** 2 + (y - cy) ** 2 < r ** 2;
      const check = amount * (((x >> shift) ^ (y >> shift)) & 1);
      for (const c of [0, 1, 2] as const) {
        pixels[(y * width + x) * 3 + c] = disc ? rgb[c] : (base[c] + ((ax[c] * x + ay[c] * y) >> 4) + check) & 255;
      }
    }
  }
  return { width, height, pixels };
}

/** Reads a model's reference. */
export async function referenceOf(name: string): Promise<Reference> {
  const text = await readFile(join(HUB, name, 'reference.json'), 'utf8');
  const { pictures, ...rest } = referenceSchema.parse(JSON.parse(text));
  return { ...rest, pictures: pictures.map(drawn) };
}

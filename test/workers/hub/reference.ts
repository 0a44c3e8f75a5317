import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { RawPicture } from '../../../src/workers/regions/detail-regions.ts';
import { formulaPicture, formulaSchema } from '../formula-picture.ts';

/** The tiny random models in the hub's layout; `make_hub.py` beside them made them. */
export const HUB = join(import.meta.dirname, '../../fixtures/hub');

const referenceSchema = z.object({
  pictures: z.array(formulaSchema.extend({ width: z.int(), height: z.int() })).length(20),
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

/** Reads a model's reference. */
export async function referenceOf(name: string): Promise<Reference> {
  const text = await readFile(join(HUB, name, 'reference.json'), 'utf8');
  const { pictures, ...rest } = referenceSchema.parse(JSON.parse(text));
  return {
    ...rest,
    pictures: pictures.map((formula) => ({
      width: formula.width,
      height: formula.height,
      pixels: formulaPicture(formula, formula),
    })),
  };
}

import { z } from 'zod';

const three = z.tuple([z.int(), z.int(), z.int()]);

/** The numbers of a picture that is made by a formula, on both sides of a comparison. */
export const formulaSchema = z.object({
  ...{ base: three, ax: three, ay: three, amount: z.int(), shift: z.int() },
  ...{ cx: z.int(), cy: z.int(), r: z.int(), rgb: three },
});

/** A picture as its formula says, RGB: a disc on a sloping, perhaps chequered ground. */
export function formulaPicture(
  { base, ax, ay, amount, shift, cx, cy, r, rgb }: z.infer<typeof formulaSchema>,
  { width, height }: { readonly width: number; readonly height: number },
): Uint8Array {
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
  return pixels;
}

import sharp from 'sharp';
import type { Grid, Margins } from './explanation.ts';

/** A decoded picture: RGB, 8 bits. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Colours of a heat map, evenly spaced from least to most: dark to light, so that it can be read in grey too. */
const RAMP = [
  [12, 7, 40],
  [92, 18, 110],
  [187, 55, 84],
  [249, 142, 9],
  [252, 255, 164],
] as const;
/** Opacity of the map over the picture, where the attention is least and most. */
const COVER = { least: 0.38, most: 0.85 } as const;

/** The colour of a share of the scale's top, 0 to 1, as RGB. */
export function heatColour(value: number): readonly [number, number, number] {
  const place = Math.min(1, Math.max(0, value)) * (RAMP.length - 1);
  const below = Math.min(RAMP.length - 2, Math.floor(place));
  const [from, to] = [RAMP[below] ?? RAMP[0], RAMP[below + 1] ?? RAMP[0]];
  const mix = (channel: 0 | 1 | 2): number => from[channel] + (place - below) * (to[channel] - from[channel]);
  return [mix(0), mix(1), mix(2)];
}

/** The part of a picture within its margins, to the nearest pixel; at least one pixel. */
export async function cropMargins({ width, height, pixels }: Picture, { across, down }: Margins): Promise<Picture> {
  const left = Math.min(Math.round(across * width), Math.ceil(width / 2) - 1);
  const top = Math.min(Math.round(down * height), Math.ceil(height / 2) - 1);
  const inner = { width: width - 2 * left, height: height - 2 * top };
  const raw = { width, height, channels: 3 } as const;
  return {
    ...inner,
    pixels: await sharp(pixels, { raw })
      .extract({ left, top, ...inner })
      .raw()
      .toBuffer(),
  };
}

/**
 * A small picture with an attention map over it, as PNG.
 * @param shares attention to the grid's places, row by row
 * @param top the share with the brightest colour
 */
export async function heatMap(
  picture: Picture,
  shares: readonly number[],
  { columns, rows }: Grid,
  top: number,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<Buffer> {
  const values = Uint8Array.from(shares, (share) => Math.round(255 * Math.min(1, share / top)));
  const heat = await sharp(values, { raw: { width: columns, height: rows, channels: 1 } })
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  const { width: wide, height: high, pixels } = picture;
  const grey = await sharp(pixels, { raw: { width: wide, height: high, channels: 3 } })
    .resize(width, height, { fit: 'fill' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  const mixed = new Uint8Array(width * height * 3);
  for (const [at, level] of heat.entries()) {
    const value = level / 255;
    const cover = COVER.least + value * (COVER.most - COVER.least);
    for (const [channel, colour] of heatColour(value).entries()) {
      mixed[at * 3 + channel] = Math.round(cover * colour + (1 - cover) * (grey[at] ?? 0));
    }
  }
  return sharp(mixed, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

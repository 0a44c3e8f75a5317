import type { Region } from '../../core/types.ts';

/** Cells of the grid on each side. */
const CELLS = 12;
/** A region's side, in cells. */
const SPAN = 5;

/** A picture: RGB, 8 bits, rows from the top. */
export interface RawPicture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** How much happens in each cell of a grid: the sum of brightness differences between neighbours. */
function energyGrid({ width, height, pixels }: RawPicture): Float64Array {
  const grid = new Float64Array(CELLS * CELLS);
  const brightness = (x: number, y: number): number => {
    const at = (y * width + x) * 3;
    return (2 * (pixels[at] ?? 0) + 5 * (pixels[at + 1] ?? 0) + (pixels[at + 2] ?? 0)) / 8;
  };
  for (let y = 0; y + 1 < height; y++) {
    const row = Math.min(CELLS - 1, Math.floor((y * CELLS) / height)) * CELLS;
    for (let x = 0; x + 1 < width; x++) {
      const here = brightness(x, y);
      const change = Math.abs(here - brightness(x + 1, y)) + Math.abs(here - brightness(x, y + 1));
      const cell = row + Math.min(CELLS - 1, Math.floor((x * CELLS) / width));
      grid[cell] = (grid[cell] ?? 0) + change;
    }
  }
  return grid;
}

/** A number with four decimals: the same text everywhere. */
export function fraction(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 1e4) / 1e4;
}

/**
 * The parts of a picture with the most detail, best first: square-ish windows of about two fifths of each side that hardly overlap. A picture
 * without any detail has none.
 * @param count how many at most
 */
export function detailRegions(picture: RawPicture, count: number): Region[] {
  const grid = energyGrid(picture);
  const regions: Region[] = [];
  for (let n = 0; n < count; n++) {
    let [best, left, top] = [0, 0, 0];
    for (let y = 0; y + SPAN <= CELLS; y++) {
      for (let x = 0; x + SPAN <= CELLS; x++) {
        let sum = 0;
        for (let j = y; j < y + SPAN; j++) for (let i = x; i < x + SPAN; i++) sum += grid[j * CELLS + i] ?? 0;
        if (sum > best) [best, left, top] = [sum, x, y];
      }
    }
    if (best === 0) break;
    const side = fraction(SPAN / CELLS);
    regions.push({ x: fraction(left / CELLS), y: fraction(top / CELLS), width: side, height: side });
    for (let j = top; j < top + SPAN; j++) for (let i = left; i < left + SPAN; i++) grid[j * CELLS + i] = 0;
  }
  return regions;
}

/** The middle of a picture: `share` of each side. */
export function centreRegion(share: number): Region {
  const margin = fraction((1 - share) / 2);
  return { label: 'centre', x: margin, y: margin, width: fraction(share), height: fraction(share) };
}

/** A region in whole pixels of a picture, at least one each way. */
export function regionPixels(
  { x, y, width, height }: Region,
  size: { readonly width: number; readonly height: number },
): { left: number; top: number; width: number; height: number } {
  const left = Math.min(size.width - 1, Math.floor(x * size.width));
  const top = Math.min(size.height - 1, Math.floor(y * size.height));
  return {
    left,
    top,
    width: Math.max(1, Math.min(size.width - left, Math.round(width * size.width))),
    height: Math.max(1, Math.min(size.height - top, Math.round(height * size.height))),
  };
}

/** The pixels of a region. */
export function cutRegion(picture: RawPicture, region: Region): RawPicture {
  const { left, top, width, height } = regionPixels(region, picture);
  const pixels = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * picture.width + left) * 3;
    pixels.set(picture.pixels.subarray(from, from + width * 3), row * width * 3);
  }
  return { width, height, pixels };
}

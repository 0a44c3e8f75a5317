import type { RawPicture } from '../regions/detail-regions.ts';

/** Side of a tile in pixels. */
const TILE = 16;
/** Two neighbours whose brightness differs by this much, of 255, are an edge. */
const EDGE = 24;
/** The least number of edges between columns in a tile with text: a stroke has two, and letters stand side by side. */
const LEAST_EDGES = 16;

/**
 * False where a picture surely shows no text that the detector would find: in no tile do enough neighbouring columns differ. It costs a
 * hundredth of the detector.
 */
export function mayShowText({ width, height, pixels }: RawPicture): boolean {
  const across = Math.ceil(width / TILE);
  const edges = new Uint16Array(across);
  for (let y = 0; y < height; y++) {
    if (y % TILE === 0) edges.fill(0);
    let before = 0;
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      const here = (2 * (pixels[at] as number) + 5 * (pixels[at + 1] as number) + (pixels[at + 2] as number)) >> 3;
      if (x > 0 && Math.abs(here - before) >= EDGE) {
        const tile = Math.floor(x / TILE);
        edges[tile] = (edges[tile] as number) + 1;
        if ((edges[tile] as number) >= LEAST_EDGES) return true;
      }
      before = here;
    }
  }
  return false;
}

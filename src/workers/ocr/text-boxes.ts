import { clockwise, minAreaRect, widenRect } from './min-area-rect.ts';
import { distance, type Point, type Quad } from './raster.ts';

/*
 * From the probability map of PP-OCR's detector to boxes: the post-processing of "Real-time Scene Text Detection with Differentiable
 * Binarization" (arXiv 1911.08947) with the settings of RapidOCR 1.4.
 */

/** A pixel of higher probability is text. */
const PIXEL_THRESHOLD = 0.3;
/** A box of lower mean probability is not text. */
const BOX_THRESHOLD = 0.5;
/** How far a box grows: by its area times this, divided by its perimeter. The detector was trained on shrunken boxes. */
const UNCLIP = 1.6;
/** Boxes with a shorter side, in pixels, are noise. */
const LEAST_SIDE = 3;
const MOST_BOXES = 1000;

/** The map that the detector returns: rows from the top. */
export interface ProbabilityMap {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** The text pixels, dilated by one pixel to the right and down, as RapidOCR does with a kernel of 2 x 2. */
function textMask({ width, height, values }: ProbabilityMap): Uint8Array {
  const mask = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((values[y * width + x] as number) <= PIXEL_THRESHOLD) continue;
      const [right, down] = [x + 1 < width ? 1 : 0, y + 1 < height ? width : 0];
      for (const at of [0, right, down, right + down]) mask[y * width + x + at] = 1;
    }
  }
  return mask;
}

/** For each connected component of a mask (8 neighbours), the first and last pixel of each of its rows. Clears the mask. */
function* components(mask: Uint8Array, width: number, height: number): Generator<Point[]> {
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] === 0) continue;
    const rows = new Map<number, [number, number]>();
    const queue = [start];
    mask[start] = 0;
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      const [x, y] = [at % width, Math.floor(at / width)];
      const [low, high] = rows.get(y) ?? [x, x];
      rows.set(y, [Math.min(low, x), Math.max(high, x)]);
      for (let j = Math.max(0, y - 1); j <= Math.min(height - 1, y + 1); j++) {
        for (let i = Math.max(0, x - 1); i <= Math.min(width - 1, x + 1); i++) {
          if (mask[j * width + i] === 0) continue;
          mask[j * width + i] = 0;
          queue.push(j * width + i);
        }
      }
    }
    yield [...rows].flatMap(([y, [low, high]]) => [
      { x: low, y },
      { x: high, y },
    ]);
  }
}

/** The mean probability within a quad. */
function meanWithin({ width, height, values }: ProbabilityMap, quad: Quad): number {
  const xs = quad.map(({ x }) => x);
  const ys = quad.map(({ y }) => y);
  const [left, right] = [Math.max(0, Math.floor(Math.min(...xs))), Math.min(width - 1, Math.ceil(Math.max(...xs)))];
  const [top, bottom] = [Math.max(0, Math.floor(Math.min(...ys))), Math.min(height - 1, Math.ceil(Math.max(...ys)))];
  const sides = quad.map((from, at) => ({ from, to: quad[(at + 1) % 4] as Point }));
  const inside = (x: number, y: number) =>
    sides.every(
      ({ from, to }) => (to.x - from.x) * (y - from.y) - (to.y - from.y) * (x - from.x) >= -0.5 * distance(from, to),
    );
  let [sum, count] = [0, 0];
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      if (!inside(x, y)) continue;
      sum += values[y * width + x] as number;
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}

/** The size of a picture. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Finds the boxes of lines of text in a probability map.
 * @param size of the picture that the boxes are for: the map is of a resized one
 * @returns quads in whole pixels within the picture, in no particular order
 */
export function textBoxes(map: ProbabilityMap, size: Size): Quad[] {
  const boxes: Quad[] = [];
  let seen = 0;
  for (const pixels of components(textMask(map), map.width, map.height)) {
    if (++seen > MOST_BOXES) break;
    const rect = minAreaRect(pixels);
    if (rect.short < LEAST_SIDE || meanWithin(map, rect.corners) < BOX_THRESHOLD) continue;
    const [a, b, , d] = rect.corners;
    const [across, along] = [distance(a, b), distance(a, d)];
    const grown = widenRect(rect, (across * along * UNCLIP) / (2 * (across + along)));
    if (grown.short < LEAST_SIDE + 2) continue;
    const within = (value: number, from: number, to: number) =>
      Math.min(to - 1, Math.max(0, Math.round((value / from) * to)));
    const corners = grown.corners.map(({ x, y }) => ({
      x: within(x, map.width, size.width),
      y: within(y, map.height, size.height),
    }));
    const quad = clockwise(corners);
    const [topLeft, topRight, , bottomLeft] = quad;
    const shortest = Math.min(distance(topLeft, topRight), distance(topLeft, bottomLeft));
    if (Math.floor(shortest) > LEAST_SIDE) boxes.push(quad);
  }
  return boxes;
}

import type { RawPicture } from '../regions/detail-regions.ts';

/** A point in pixels, from the top left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** How far two points are apart. */
export function distance(a: Point, b: Point): number {
  return Math.hypot(b.x - a.x, b.y - a.y);
}

/** Four corners, clockwise from the top left one. */
export type Quad = readonly [Point, Point, Point, Point];

/** Where each target pixel reads from along one side, as OpenCV's `INTER_LINEAR` has it: pixel centres are mapped to pixel centres. */
function linearTaps(from: number, to: number): { readonly first: Int32Array; readonly share: Float32Array } {
  const first = new Int32Array(to);
  const share = new Float32Array(to);
  for (let target = 0; target < to; target++) {
    const at = Math.min(from - 1, Math.max(0, ((target + 0.5) * from) / to - 0.5));
    first[target] = Math.min(Math.max(0, from - 2), Math.floor(at));
    share[target] = at - (first[target] as number);
  }
  return { first, share };
}

/** Resizes a picture with bilinear interpolation, as OpenCV's `resize` does: without a filter where it shrinks. */
export function linearResize({ width, height, pixels }: RawPicture, toWidth: number, toHeight: number): RawPicture {
  if (width === toWidth && height === toHeight) return { width, height, pixels };
  const columns = linearTaps(width, toWidth);
  const rows = linearTaps(height, toHeight);
  const out = new Uint8Array(toWidth * toHeight * 3);
  const nextRow = height > 1 ? width * 3 : 0;
  const nextColumn = width > 1 ? 3 : 0;
  for (let y = 0; y < toHeight; y++) {
    const row = (rows.first[y] as number) * width * 3;
    const down = rows.share[y] as number;
    for (let x = 0; x < toWidth; x++) {
      const at = row + (columns.first[x] as number) * 3;
      const right = columns.share[x] as number;
      for (let c = 0; c < 3; c++) {
        const [a, b] = [pixels[at + c] as number, pixels[at + nextColumn + c] as number];
        const [d, e] = [pixels[at + nextRow + c] as number, pixels[at + nextRow + nextColumn + c] as number];
        const top = a + (b - a) * right;
        out[(y * toWidth + x) * 3 + c] = top + (d + (e - d) * right - top) * down + 0.5;
      }
    }
  }
  return { width: toWidth, height: toHeight, pixels: out };
}

/** Weights of four neighbours for a position `t` between the middle two: cubic convolution with a = -0.75, as in OpenCV. */
function cubicWeights(t: number): readonly [number, number, number, number] {
  const a = -0.75;
  const outer = (d: number) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  const inner = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1;
  const [first, second, third] = [outer(t + 1), inner(t), inner(1 - t)];
  return [first, second, third, 1 - first - second - third];
}

/**
 * Maps the unit square to a quad, its corners in the same order: P. Heckbert, "Fundamentals of Texture Mapping and Image Warping", 1989,
 * section 2.2.3.
 */
function squareToQuad([p0, p1, p2, p3]: Quad): (u: number, v: number) => Point {
  const [dx1, dx2, sx] = [p1.x - p2.x, p3.x - p2.x, p0.x - p1.x + p2.x - p3.x];
  const [dy1, dy2, sy] = [p1.y - p2.y, p3.y - p2.y, p0.y - p1.y + p2.y - p3.y];
  const determinant = dx1 * dy2 - dx2 * dy1;
  const g = determinant === 0 ? 0 : (sx * dy2 - dx2 * sy) / determinant;
  const h = determinant === 0 ? 0 : (dx1 * sy - sx * dy1) / determinant;
  const [a, b] = [p1.x - p0.x + g * p1.x, p3.x - p0.x + h * p3.x];
  const [d, e] = [p1.y - p0.y + g * p1.y, p3.y - p0.y + h * p3.y];
  return (u, v) => {
    const w = g * u + h * v + 1;
    return { x: (a * u + b * v + p0.x) / w, y: (d * u + e * v + p0.y) / w };
  };
}

/** Cuts a quad out of a picture and makes it upright, with bicubic interpolation; pixels beyond the edge repeat those at it. */
export function cutQuad(
  { width, height, pixels }: RawPicture,
  quad: Quad,
  toWidth: number,
  toHeight: number,
): RawPicture {
  const place = squareToQuad(quad);
  const out = new Uint8ClampedArray(toWidth * toHeight * 3);
  const clamp = (value: number, size: number) => Math.min(size - 1, Math.max(0, value));
  for (let y = 0; y < toHeight; y++) {
    for (let x = 0; x < toWidth; x++) {
      const at = place(x / toWidth, y / toHeight);
      const left = Math.floor(at.x);
      const top = Math.floor(at.y);
      const wx = cubicWeights(at.x - left);
      const wy = cubicWeights(at.y - top);
      let r = 0;
      let g = 0;
      let b = 0;
      for (let j = 0; j < 4; j++) {
        const row = clamp(top + j - 1, height) * width;
        for (let i = 0; i < 4; i++) {
          const weight = (wx[i] as number) * (wy[j] as number);
          const source = (row + clamp(left + i - 1, width)) * 3;
          r += weight * (pixels[source] as number);
          g += weight * (pixels[source + 1] as number);
          b += weight * (pixels[source + 2] as number);
        }
      }
      const target = (y * toWidth + x) * 3;
      out[target] = r;
      out[target + 1] = g;
      out[target + 2] = b;
    }
  }
  return { width: toWidth, height: toHeight, pixels: new Uint8Array(out.buffer) };
}

/** Turns a picture by a quarter, counter-clockwise. */
export function turnLeft({ width, height, pixels }: RawPicture): RawPicture {
  const out = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      out.set(pixels.subarray(from, from + 3), ((width - 1 - x) * height + y) * 3);
    }
  }
  return { width: height, height: width, pixels: out };
}

/** Turns a picture upside down. */
export function turnAround({ width, height, pixels }: RawPicture): RawPicture {
  const out = new Uint8Array(pixels.length);
  const last = width * height - 1;
  for (let at = 0; at <= last; at++) out.set(pixels.subarray(at * 3, at * 3 + 3), (last - at) * 3);
  return { width, height, pixels: out };
}

import type { RawPicture } from '../regions/detail-regions.ts';

/** Filters by the number that image processors use: Pillow's `Resampling`. */
export const RESAMPLING = { 1: 'lanczos', 2: 'bilinear', 3: 'bicubic', 4: 'box' } as const;
/** A filter of Pillow. */
export type Resampling = (typeof RESAMPLING)[keyof typeof RESAMPLING];

/** Fractional bits of Pillow's weights for 8-bit pictures. */
const PRECISION = 22;
const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const FILTERS: Readonly<Record<Resampling, { readonly support: number; readonly at: (x: number) => number }>> = {
  box: { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: {
    support: 2,
    at(x) {
      const a = -0.5;
      const d = Math.abs(x);
      if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
      return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
    },
  },
  lanczos: { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

interface Taps {
  /** First source pixel of each target pixel. */
  readonly first: Int32Array;
  /** `count` fixed-point weights for each target pixel. */
  readonly weights: Int32Array;
  readonly count: number;
}

/** Pillow's `precompute_coeffs` and `normalize_coeffs_8bpc`. */
function tapsOf(from: number, to: number, filter: Resampling): Taps {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const { support: reach, at } = FILTERS[filter];
  const support = reach * stretch;
  const count = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(to);
  const weights = new Int32Array(to * count);
  for (let target = 0; target < to; target++) {
    const centre = (target + 0.5) * scale;
    const low = Math.max(0, Math.trunc(centre - support + 0.5));
    const high = Math.min(from, Math.trunc(centre + support + 0.5));
    const exact: number[] = [];
    let sum = 0;
    for (let x = 0; x < high - low; x++) {
      const weight = at((x + low - centre + 0.5) / stretch);
      exact.push(weight);
      sum += weight;
    }
    first[target] = low;
    for (const [x, weight] of exact.entries()) {
      const fixed = (sum === 0 ? weight : weight / sum) * 2 ** PRECISION;
      weights[target * count + x] = Math.trunc(fixed + (fixed < 0 ? -0.5 : 0.5));
    }
  }
  return { first, weights, count };
}

function clip(sum: number): number {
  const value = sum >> PRECISION;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

function resizeRows({ width, height, pixels }: RawPicture, to: number, filter: Resampling): RawPicture {
  const { first, weights, count } = tapsOf(width, to, filter);
  const out = new Uint8Array(to * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < to; x++) {
      const start = first[x] as number;
      const used = Math.min(count, width - start);
      let [r, g, b] = [1 << (PRECISION - 1), 1 << (PRECISION - 1), 1 << (PRECISION - 1)];
      for (let tap = 0; tap < used; tap++) {
        const weight = weights[x * count + tap] as number;
        const at = (y * width + start + tap) * 3;
        r += (pixels[at] as number) * weight;
        g += (pixels[at + 1] as number) * weight;
        b += (pixels[at + 2] as number) * weight;
      }
      const target = (y * to + x) * 3;
      out[target] = clip(r);
      out[target + 1] = clip(g);
      out[target + 2] = clip(b);
    }
  }
  return { width: to, height, pixels: out };
}

function resizeColumns({ width, height, pixels }: RawPicture, to: number, filter: Resampling): RawPicture {
  const { first, weights, count } = tapsOf(height, to, filter);
  const row = width * 3;
  const out = new Uint8Array(row * to);
  for (let y = 0; y < to; y++) {
    const start = first[y] as number;
    const used = Math.min(count, height - start);
    for (let x = 0; x < row; x++) {
      let sum = 1 << (PRECISION - 1);
      for (let tap = 0; tap < used; tap++) {
        sum += (pixels[(start + tap) * row + x] as number) * (weights[y * count + tap] as number);
      }
      out[y * row + x] = clip(sum);
    }
  }
  return { width, height: to, pixels: out };
}

/** Resizes a picture to the very bytes that Pillow makes, which the reference image processors use. */
export function pilResize(picture: RawPicture, width: number, height: number, filter: Resampling): RawPicture {
  const wide = picture.width === width ? picture : resizeRows(picture, width, filter);
  return wide.height === height ? wide : resizeColumns(wide, height, filter);
}

/** Cells along each side (14 x 14 pixels each at 224 x 224): large enough to average out noise, small enough to show what moves. */
export const GRID = 16;
/** Numbers per cell: lightness, red against green, yellow against blue. */
const PLANES = 3;
const CELLS = GRID * GRID;

/**
 * A small description of a picture: the mean opponent colours of {@link GRID} x {@link GRID} cells, so that red turning green shows even at equal
 * lightness, while noise averages out. `signature[plane * 256 + cell]`, in the units of 8-bit colour.
 */
export type Signature = Float32Array;

/** The signature of RGB pixels, 8 bits, `width * height * 3` bytes. */
export function signatureOf(pixels: Uint8Array, width: number, height: number): Signature {
  const sums = new Float64Array(CELLS * PLANES);
  const counts = new Uint32Array(CELLS);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor((y * GRID) / height) * GRID;
    for (let column = 0; column < GRID; column++) {
      const cell = row + column;
      const end = Math.ceil(((column + 1) * width) / GRID);
      let red = 0;
      let green = 0;
      let blue = 0;
      const first = Math.ceil((column * width) / GRID);
      for (let x = first; x < end; x++, at += 3) {
        red += pixels[at] ?? 0;
        green += pixels[at + 1] ?? 0;
        blue += pixels[at + 2] ?? 0;
      }
      // Opponent axes, scaled so that a change of one channel alone counts about as much on each.
      sums[cell] = (sums[cell] ?? 0) + (red + green + blue) / 3;
      sums[CELLS + cell] = (sums[CELLS + cell] ?? 0) + (red - green) / 2;
      sums[2 * CELLS + cell] = (sums[2 * CELLS + cell] ?? 0) + (red + green - 2 * blue) / 4;
      counts[cell] = (counts[cell] ?? 0) + (end - first);
    }
  }
  const signature = new Float32Array(CELLS * PLANES);
  for (let index = 0; index < signature.length; index++) {
    signature[index] = (sums[index] ?? 0) / Math.max(1, counts[index % CELLS] ?? 1);
  }
  return signature;
}

/** How far two pictures are apart. */
export interface Difference {
  /** Mean over the cells of the Euclidean distance in opponent colours: how much of the picture differs. */
  readonly mean: number;
  /** The same of the cell that changed most, after the change common to all cells (exposure, flicker) is taken out. */
  readonly peak: number;
}

/** Below both, two pictures count as the same. Sensor noise and the pulse of key frames stay below. */
const SAME_MEAN = 3.5;
const SAME_PEAK = 10;

/** True where a viewer would say that both pictures show the same. */
export function showsSame({ mean, peak }: Difference): boolean {
  return mean < SAME_MEAN && peak < SAME_PEAK;
}

/** Compares two signatures of the same model size. */
export function differenceOf(a: Signature, b: Signature): Difference {
  const common = [0, 0, 0];
  for (let plane = 0; plane < PLANES; plane++) {
    let sum = 0;
    for (let cell = plane * CELLS; cell < (plane + 1) * CELLS; cell++) sum += (b[cell] ?? 0) - (a[cell] ?? 0);
    common[plane] = sum / CELLS;
  }
  const [commonL = 0, commonR = 0, commonY = 0] = common;
  let total = 0;
  let peak = 0;
  for (let cell = 0; cell < CELLS; cell++) {
    const l = (b[cell] ?? 0) - (a[cell] ?? 0);
    const r = (b[CELLS + cell] ?? 0) - (a[CELLS + cell] ?? 0);
    const y = (b[2 * CELLS + cell] ?? 0) - (a[2 * CELLS + cell] ?? 0);
    total += Math.hypot(l, r, y);
    const local = (l - commonL) ** 2 + (r - commonR) ** 2 + (y - commonY) ** 2;
    if (local > peak) peak = local;
  }
  return { mean: total / CELLS, peak: Math.sqrt(peak) };
}

/** How much the cells of a picture differ from each other: near 0 for a blank picture. */
export function spreadOf(signature: Signature): number {
  let total = 0;
  for (let plane = 0; plane < PLANES; plane++) {
    let sum = 0;
    let squares = 0;
    for (let cell = plane * CELLS; cell < (plane + 1) * CELLS; cell++) {
      const value = signature[cell] ?? 0;
      sum += value;
      squares += value * value;
    }
    total += Math.max(0, squares / CELLS - (sum / CELLS) ** 2);
  }
  return Math.sqrt(total);
}

/** How far `between` is on the way from `start` to `end`: 0 at the start, 1 at the end (least squares). */
export function mixtureOf(start: Signature, end: Signature, between: Signature): number {
  let along = 0;
  let length = 0;
  for (let index = 0; index < start.length; index++) {
    const way = (end[index] ?? 0) - (start[index] ?? 0);
    along += way * ((between[index] ?? 0) - (start[index] ?? 0));
    length += way * way;
  }
  return length === 0 ? 0 : along / length;
}

/** The signature of a cross-fade of two pictures, `share` of the second. */
export function mixSignatures(start: Signature, end: Signature, share: number): Signature {
  return start.map((value, index) => value + share * ((end[index] ?? 0) - value));
}

/** How far the pictures of a fade may lie off the straight line between its ends, as a share of its length. */
const OFF_THE_LINE = 0.25;
/** A picture under the light of another: its planes scaled and shifted to fit those of the other one best (least squares). */
export function relit(picture: Signature, other: Signature): Signature {
  const fitted = new Float32Array(picture.length);
  for (let plane = 0; plane < PLANES; plane++) {
    const from = picture.subarray(plane * CELLS, (plane + 1) * CELLS);
    const to = other.subarray(plane * CELLS, (plane + 1) * CELLS);
    const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / CELLS;
    const [a, b] = [mean(from), mean(to)];
    const spread = from.reduce((sum, value) => sum + (value - a) ** 2, 0);
    const common = from.reduce((sum, value, cell) => sum + (value - a) * ((to[cell] ?? 0) - b), 0);
    const gain = spread < CELLS ? 1 : Math.min(2, Math.max(0.5, common / spread));
    for (let cell = 0; cell < CELLS; cell++) fitted[plane * CELLS + cell] = b + gain * ((from[cell] ?? 0) - a);
  }
  return fitted;
}

/** A picture with little spread and colour that is darker or lighter than these is blank. */
const BLANK_SPREAD = 6;
const BLACK = 24;
const WHITE = 232;

/** True where the pictures lie on a straight line from first to last, as those of a fade do, and the ends are at least `apart`. */
export function isStraightPath(path: readonly Signature[], apart: number): boolean {
  const [start] = path;
  const end = path.at(-1);
  if (start === undefined || end === undefined) return false;
  const way = differenceOf(start, end).mean;
  if (way < apart) return false;
  const distances = path.map((signature) => {
    const share = Math.min(1, Math.max(0, mixtureOf(start, end, signature)));
    return differenceOf(signature, mixSignatures(start, end, share)).mean;
  });
  return distances.reduce((sum, distance) => sum + distance, 0) / distances.length <= OFF_THE_LINE * way;
}

/** True for plain black or white: fades pass through it; it is not a scene. */
export function isBlank(signature: Signature): boolean {
  if (spreadOf(signature) >= BLANK_SPREAD) return false;
  const lightness = signature[0] ?? 0;
  const colour = Math.hypot(signature[CELLS] ?? 0, signature[2 * CELLS] ?? 0);
  return colour < BLANK_SPREAD && (lightness < BLACK || lightness > WHITE);
}

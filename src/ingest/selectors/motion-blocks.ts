/** Blocks along each side (7 x 7 pixels each at 224 x 224). The model does not see smaller things either. */
const GRID = 32;
const CHANNELS = 3;
/** Rounds of removing outlier blocks, and the multiple of the median distance from which a block is an outlier. */
const ROUNDS = 2;
const OUTLIER = 2.5;

/** Mean red, green and blue of each block: `means[channel * count + block]`. */
export type BlockMeans = Float32Array;

/** The division of a picture into blocks. */
export class Blocks {
  readonly columns: number;
  readonly rows: number;
  readonly count: number;
  readonly #width: number;
  readonly #height: number;

  /** Size of the pictures in pixels. */
  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.columns = Math.min(GRID, width);
    this.rows = Math.min(GRID, height);
    this.count = this.columns * this.rows;
  }

  /** The means of a picture: RGB, 8 bits, `width * height * 3` bytes. */
  means(pixels: Uint8Array): BlockMeans {
    const { columns, rows, count } = this;
    const [width, height] = [this.#width, this.#height];
    const sums = new Float32Array(count * CHANNELS);
    const sizes = new Uint32Array(count);
    for (let y = 0, at = 0; y < height; y++) {
      const row = Math.floor((y * rows) / height) * columns;
      for (let x = 0; x < width; x++, at += CHANNELS) {
        const block = row + Math.floor((x * columns) / width);
        for (let channel = 0; channel < CHANNELS; channel++) {
          const place = channel * count + block;
          sums[place] = (sums[place] ?? 0) + (pixels[at + channel] ?? 0);
        }
        sizes[block] = (sizes[block] ?? 0) + 1;
      }
    }
    return sums.map((sum, place) => sum / (sizes[place % count] ?? 1));
  }

  /** Mean red, green and blue of a picture whose blocks have these means. */
  light(means: BlockMeans): [number, number, number] {
    const mean = (channel: number): number => {
      const own = means.subarray(channel * this.count, (channel + 1) * this.count);
      return own.reduce((sum, level) => sum + level, 0) / this.count;
    };
    return [mean(0), mean(1), mean(2)];
  }

  /** How far each block is from the expected one (8-bit levels): the largest difference of its channels. */
  distances(means: BlockMeans, expected: BlockMeans): Float32Array {
    const distances = new Float32Array(this.count);
    for (let at = 0; at < means.length; at++) {
      const block = at % this.count;
      const distance = Math.abs((means[at] ?? 0) - (expected[at] ?? 0));
      if (distance > (distances[block] ?? 0)) distances[block] = distance;
    }
    return distances;
  }
}

/** Least-squares fit of `to` over `from`, over the blocks of one channel that are not outliers. */
function line(from: Float32Array, to: Float32Array, kept: Uint8Array): { gain: number; offset: number } {
  let n = 0;
  let sumX = 0;
  let sumY = 0;
  let sumXX = 0;
  let sumXY = 0;
  for (let at = 0; at < from.length; at++) {
    if (kept[at] === 0) continue;
    const [x = 0, y = 0] = [from[at], to[at]];
    n += 1;
    sumX += x;
    sumY += y;
    sumXX += x * x;
    sumXY += x * y;
  }
  if (n === 0) return { gain: 1, offset: 0 };
  const spread = sumXX - (sumX * sumX) / n;
  // Without contrast only an offset can be fitted.
  const gain = spread < n ? 1 : Math.min(4, Math.max(0.25, (sumXY - (sumX * sumY) / n) / spread));
  return { gain, offset: (sumY - gain * sumX) / n };
}

/** `from` under the light of `to`: one gain and one offset a channel, fitted without outliers so that motion does not bias them. */
export function fitted(from: BlockMeans, to: BlockMeans): BlockMeans {
  const count = from.length / CHANNELS;
  const result = new Float32Array(from.length);
  for (let channel = 0; channel < CHANNELS; channel++) {
    const own = from.subarray(channel * count, (channel + 1) * count);
    const other = to.subarray(channel * count, (channel + 1) * count);
    const kept = new Uint8Array(count).fill(1);
    let fit = line(own, other, kept);
    for (let round = 0; round < ROUNDS; round++) {
      const misses = own.map((value, at) => Math.abs((other[at] ?? 0) - fit.gain * value - fit.offset));
      const usual = misses.slice().sort()[Math.floor(count / 2)] ?? 0;
      for (let at = 0; at < count; at++) kept[at] = (misses[at] ?? 0) <= OUTLIER * Math.max(1, usual) ? 1 : 0;
      fit = line(own, other, kept);
    }
    for (let at = 0; at < count; at++) {
      result[channel * count + at] = Math.min(255, Math.max(0, fit.gain * (own[at] ?? 0) + fit.offset));
    }
  }
  return result;
}

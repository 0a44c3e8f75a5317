import type { ImageSpec, Micros } from '../../core/types.ts';
import type { Frame } from '../decode/decode-frames.ts';
import { type BlockMeans, Blocks, fitted } from './motion-blocks.ts';
import type { ChosenFrame, KeyframeSelector } from './selectors.ts';

/** Where nothing moves, one look this often says so. */
const STILL_GAP: Micros = 60_000_000;
/** Nothing has moved for this long: what stands in the picture now belongs to it. */
const SETTLED: Micros = 4_000_000;
/** How fast the background follows a picture in which nothing moves (dusk), and one in which something does. */
const FOLLOW: Micros = 6_000_000;
const FOLLOW_MOVING: Micros = 90_000_000;
/** How fast the unrest of a block (rain, leaves, a screen) is learned. */
const LEARN: Micros = 20_000_000;
/** Unrest in levels of 8 bits: at first, and at most, so that nobody who walks up and down for long becomes rain. */
const UNREST = 1.2;
const MOST_UNREST = 7;
/** A block has changed where it is this many times its unrest away, and never below the least. */
const TIMES = 5;
const LEAST = 7;
/** Something moves where so many neighbours changed, or one did so by this factor. */
const NEIGHBOURS = 2;
const CLEARLY = 1.8;
/** What moves already is followed down to this share of the threshold. */
const STAY = 0.6;

/**
 * Levels of 8 bits by which the mean of a channel differs where somebody switched the light, covered the camera, or it went over to infrared: no
 * motion, but another picture. Clouds and a camera's own exposure stay below it.
 */
const OTHER_LIGHT = 64;

/** What a picture shows against those before it. */
export interface Motion {
  /** Mean red, green and blue. */
  readonly light: readonly [number, number, number];
  /** Something moves. */
  readonly moving: boolean;
  /** It did not in the picture before. */
  readonly begins: boolean;
  /** It did in the picture before. */
  readonly ends: boolean;
}

/** Tells whether something moves before a camera that stands still. Depends on nothing but the frames. */
export class MotionMeter {
  readonly #blocks: Blocks;
  #background: Float32Array | undefined;
  #unrest = new Float32Array(0);
  #previous: BlockMeans | undefined;
  #last: Micros = 0;
  #moving = false;
  /** Since when picture after picture has been the same. */
  #sameSince: Micros | undefined;

  constructor(width: number, height: number) {
    this.#blocks = new Blocks(width, height);
  }

  /** Takes the next picture, in order of time. */
  push(pts: Micros, pixels: Uint8Array): Motion {
    const means = this.#blocks.means(pixels);
    const was = this.#moving;
    if (this.#background === undefined || this.#previous === undefined) {
      this.#background = means.slice();
      this.#unrest = new Float32Array(this.#blocks.count).fill(UNREST);
    } else {
      const elapsed = Math.max(0, pts - this.#last);
      this.#moving = this.#judge(means, this.#background, this.#previous, pts, elapsed);
    }
    this.#previous = means;
    this.#last = pts;
    const light = this.#blocks.light(means);
    return { light, moving: this.#moving, begins: this.#moving && !was, ends: was && !this.#moving };
  }

  #judge(means: BlockMeans, background: Float32Array, previous: BlockMeans, pts: Micros, elapsed: Micros): boolean {
    // Exposure, white balance and dusk change all of the picture by one factor and one offset: they are taken out first.
    background.set(fitted(background, means));
    const away = this.#blocks.distances(means, background);
    const fresh = this.#blocks.distances(means, fitted(previous, means));
    const differs = this.#changed(away, 1);
    const changes = this.#changed(fresh, 1);
    if (changes) this.#sameSince = undefined;
    else this.#sameSince ??= this.#last;
    const settled = this.#sameSince !== undefined && pts - this.#sameSince >= SETTLED;
    const moving = !settled && (differs || (this.#moving && this.#changed(away, STAY)));
    if (settled) background.set(means);
    this.#learn(means, background, away, fresh, moving, elapsed);
    return moving;
  }

  /** True where so many neighbouring blocks are away from what was there that something is. */
  #changed(distances: Float32Array, share: number): boolean {
    const { columns, count } = this.#blocks;
    const excess = (block: number): number =>
      (distances[block] ?? 0) / (share * Math.max(LEAST, TIMES * (this.#unrest[block] ?? 0)));
    for (let block = 0; block < count; block++) {
      const own = excess(block);
      if (own <= 1) continue;
      if (own >= CLEARLY) return true;
      const right = (block + 1) % columns === 0 ? 0 : excess(block + 1);
      const below = block + columns < count ? excess(block + columns) : 0;
      if ([own, right, below].filter((each) => each > 1).length >= NEIGHBOURS) return true;
    }
    return false;
  }

  #learn(
    means: BlockMeans,
    background: Float32Array,
    away: Float32Array,
    fresh: Float32Array,
    moving: boolean,
    elapsed: Micros,
  ): void {
    const follow = 1 - Math.exp(-elapsed / (moving ? FOLLOW_MOVING : FOLLOW));
    for (let at = 0; at < background.length; at++) {
      background[at] = (background[at] ?? 0) + follow * ((means[at] ?? 0) - (background[at] ?? 0));
    }
    const learn = 1 - Math.exp(-elapsed / LEARN);
    for (let block = 0; block < this.#unrest.length; block++) {
      const known = this.#unrest[block] ?? 0;
      // What is far out counts little: a passer-by is no unrest, a block that is never at rest comes to be known.
      const seen = Math.min(Math.max(away[block] ?? 0, fresh[block] ?? 0), 3 * Math.max(LEAST / TIMES, known));
      const square = known ** 2 + learn * (Math.max(UNREST, seen) ** 2 - known ** 2);
      this.#unrest[block] = Math.min(MOST_UNREST, Math.sqrt(square));
    }
  }
}

/**
 * `motion`, for cameras that stand still: the first frame; the frame in which something begins to move, and while it
 * does one every `interval`; the first one after it; one in quite another light than the last (no sooner than `interval` after it); else one a minute.
 */
export class MotionSelector implements KeyframeSelector {
  readonly #meter: MotionMeter;
  readonly #interval: Micros;
  #last: Micros | undefined;
  #light: Motion['light'] = [0, 0, 0];

  constructor(image: ImageSpec, interval: Micros) {
    this.#meter = new MotionMeter(image.width, image.height);
    this.#interval = interval;
  }

  push({ pts, pixels }: Frame): ChosenFrame[] {
    const { light, moving, begins, ends } = this.#meter.push(pts, pixels);
    const since = this.#last === undefined ? Number.POSITIVE_INFINITY : pts - this.#last;
    const relit = light.some((level, channel) => Math.abs(level - (this.#light[channel] ?? 0)) >= OTHER_LIGHT);
    const wanted = begins || ends || since >= (moving || relit ? this.#interval : STILL_GAP);
    if (!wanted) return [];
    const first = this.#last === undefined;
    this.#last = pts;
    this.#light = light;
    return [{ pts, pixels, still: !first && !moving && !ends && !relit }];
  }

  finish(): ChosenFrame[] {
    return [];
  }
}

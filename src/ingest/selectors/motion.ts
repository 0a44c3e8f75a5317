import type { ImageSpec, Micros } from '../../core/types.ts';
import type { Frame } from '../decode/decode-frames.ts';
import type { KeyframeSelector, SelectedFrame, SelectorType } from './keyframe-selector.ts';
import { type BlockMeans, Blocks, fitted } from './motion-blocks.ts';

/** The time between two frames where nothing moves. */
const STILL_GAP: Micros = 60_000_000;
/** After this long without motion, whatever is in the picture becomes background. */
const SETTLED: Micros = 4_000_000;
/** Time constants with which the background follows the picture, without motion (dusk) and with motion. */
const FOLLOW: Micros = 6_000_000;
const FOLLOW_MOVING: Micros = 90_000_000;
/** Time constant with which the noise of a block (rain, leaves, a screen) is learned. */
const LEARN: Micros = 20_000_000;
/** Initial and maximum per-block noise estimate (8-bit levels). The cap keeps slow repeated motion from being learned as noise. */
const NOISE = 1.2;
const MAX_NOISE = 7;
/** A block has changed where it differs by this many times its noise, and by no less than the least. */
const TIMES = 5;
const LEAST = 7;
/** Something moves where so many neighbouring blocks changed, or one changed by this factor of its threshold. */
const NEIGHBOURS = 2;
const CLEARLY = 1.8;
/** Hysteresis: motion ends below this share of the threshold. */
const STAY = 0.6;

/**
 * Change of a channel's mean (8-bit levels) that counts as another picture without motion: the light is switched, the camera is covered or changes
 * to infrared. Clouds and automatic exposure stay below.
 */
const OTHER_LIGHT = 64;

/** A picture compared with those before it. */
export interface Motion {
  /** Mean red, green and blue. */
  readonly light: readonly [number, number, number];
  /** Something moves. */
  readonly moving: boolean;
  /** Motion begins in this picture. */
  readonly begins: boolean;
  /** Motion has ended with the picture before. */
  readonly ends: boolean;
  /** Since when picture after picture has been the same, where they are. */
  readonly sameSince?: Micros;
}

/** Detects motion before a fixed camera, by block-wise background subtraction. Its answers depend on the frames only. */
export class MotionDetector {
  readonly #blocks: Blocks;
  #background: Float32Array | undefined;
  #noise = new Float32Array(0);
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
      this.#noise = new Float32Array(this.#blocks.count).fill(NOISE);
    } else {
      const elapsed = Math.max(0, pts - this.#last);
      this.#moving = this.#judge(means, this.#background, this.#previous, pts, elapsed);
    }
    this.#previous = means;
    this.#last = pts;
    const light = this.#blocks.light(means);
    return {
      light,
      moving: this.#moving,
      begins: this.#moving && !was,
      ends: was && !this.#moving,
      ...(this.#sameSince === undefined ? {} : { sameSince: this.#sameSince }),
    };
  }

  #judge(means: BlockMeans, background: Float32Array, previous: BlockMeans, pts: Micros, elapsed: Micros): boolean {
    // Exposure, white balance and dusk change the whole picture by one gain and one offset: remove these first.
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

  /** True where enough neighbouring blocks exceed their thresholds. */
  #changed(distances: Float32Array, share: number): boolean {
    const { columns, count } = this.#blocks;
    const excess = (block: number): number =>
      (distances[block] ?? 0) / (share * Math.max(LEAST, TIMES * (this.#noise[block] ?? 0)));
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
    for (let block = 0; block < this.#noise.length; block++) {
      const known = this.#noise[block] ?? 0;
      // Outliers are clipped: a passer-by is not noise, while a block that never rests is learned over time.
      const seen = Math.min(Math.max(away[block] ?? 0, fresh[block] ?? 0), 3 * Math.max(LEAST / TIMES, known));
      const square = known ** 2 + learn * (Math.max(NOISE, seen) ** 2 - known ** 2);
      this.#noise[block] = Math.min(MAX_NOISE, Math.sqrt(square));
    }
  }
}

/** With a longer gap between two frames, motion in between could be missed. Cameras send a key frame every second or two. */
const MOTION_GAP: Micros = 2_100_000;

/**
 * `motion`, for fixed cameras: the first frame; the frame in which motion begins, and during motion one every `interval`; the first frame after
 * it; a frame in very different light (no sooner than `interval` after the last); otherwise one a minute.
 */
export function motionSelector(interval: Micros): SelectorType {
  return {
    candidates: { pick: 'sampled', gap: Math.max(MOTION_GAP, interval) },
    create: (image) => new MotionSelector(image, interval),
  };
}

class MotionSelector implements KeyframeSelector {
  readonly #detector: MotionDetector;
  readonly #interval: Micros;
  #last: Micros | undefined;
  #light: Motion['light'] = [0, 0, 0];

  constructor(image: ImageSpec, interval: Micros) {
    this.#detector = new MotionDetector(image.width, image.height);
    this.#interval = interval;
  }

  push({ pts, pixels }: Frame): SelectedFrame[] {
    const { light, moving, begins, ends } = this.#detector.push(pts, pixels);
    const since = this.#last === undefined ? Number.POSITIVE_INFINITY : pts - this.#last;
    const relit = light.some((level, channel) => Math.abs(level - (this.#light[channel] ?? 0)) >= OTHER_LIGHT);
    const wanted = begins || ends || since >= (moving || relit ? this.#interval : STILL_GAP);
    if (!wanted) return [];
    const first = this.#last === undefined;
    this.#last = pts;
    this.#light = light;
    return [{ pts, pixels, still: !first && !moving && !ends && !relit }];
  }

  finish(): SelectedFrame[] {
    return [];
  }
}

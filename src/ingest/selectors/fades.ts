import type { Micros } from '../../core/types.ts';
import type { Frame } from '../decode/decode-frames.ts';
import { differenceOf, isBlank, isStraightPath, type Signature } from './signature.ts';

/** Time between two samples: long enough for a slow fade to show, and at least {@link LAG_FRAMES} frames. */
const LAG: Micros = 400_000;
const LAG_FRAMES = 4;
/** Drift over one lag from which the picture counts as changing. */
const MOVING = 2.5;
/** A fade drifts this many times as fast as the motion in the scenes before and after it. */
const STANDS_OUT = 3;
/** Lags over which the motion before a fade is averaged. */
const CALM_LAGS = 3;
/** A longer change is motion. */
const LONGEST: Micros = 8_000_000;
/** Least mean difference between both ends of a fade. */
const OTHER_PICTURE = 10;
/** Signatures kept of one change; beyond that, every second one is dropped. */
const PATH_LENGTH = 64;
/** Frames kept to find the one in which the fade ended. */
const KEPT_FRAMES = 48;
/** A fade has ended where the step falls below this share of the range between its slowest and fastest step. */
const LAST_STEP = 0.3;

/** A decoded frame with its signature. */
export interface SignedFrame extends Frame {
  readonly signature: Signature;
  /** Mean difference to the frame before it. */
  readonly step: number;
}

/** A fade that has ended. */
export interface Fade {
  /** The first frame that shows the new scene. */
  readonly frame: SignedFrame;
  /** The scene before the fade. */
  readonly before: Signature;
}

/** A change in progress. */
interface Change {
  readonly began: Micros;
  /** Signatures along the way, the scene before it first. */
  path: Signature[];
  /** Every how many frames one is kept. */
  stride: number;
  skipped: number;
  /** Largest drift so far. */
  fastest: number;
}

/**
 * Finds gradual changes of scene: cross-fades, and fades through, from and to black or white. Unlike motion, every picture of a fade is a
 * mixture of its two ends, so its signature lies on the straight line between theirs. A fade to black is none of these; the fade from black
 * after it is.
 */
export class FadeTracker {
  /** The last samples, one lag apart. */
  private samples: Signature[] = [];
  private sampledAt: Micros = 0;
  private framesSince = 0;
  private stepsSince = 0;
  /** Drifts of the last lags in which nothing began. */
  private calm: number[] = [];
  private change: Change | undefined;
  private recent: SignedFrame[] = [];

  /** The scene before the change in progress; without one, what was shown last. */
  get origin(): Signature {
    return this.change?.path[0] ?? this.samples[0] ?? new Float32Array();
  }

  /** Drops all state: a scene begins here. */
  restart(frame: SignedFrame): void {
    this.change = undefined;
    this.calm = [];
    this.samples = [];
    this.recent = [frame];
    this.sample(frame);
  }

  /** Takes the next frame of the scene; returns a fade that has ended. */
  push(frame: SignedFrame): Fade | undefined {
    this.recent.push(frame);
    if (this.recent.length > KEPT_FRAMES) this.recent = this.recent.filter((_, index) => index % 2 === 1);
    this.framesSince++;
    this.stepsSince += frame.step;
    if (this.change !== undefined) walk(this.change, frame.signature);
    if (frame.pts - this.sampledAt < LAG || this.framesSince < LAG_FRAMES) return undefined;
    const last = this.samples.at(-1) ?? frame.signature;
    // Noise differs as much from frame to frame as over the whole lag; drift adds up.
    const drift = differenceOf(last, frame.signature).mean - this.stepsSince / this.framesSince;
    const fade = this.change === undefined ? this.begin(drift) : this.proceed(this.change, drift, frame);
    this.sample(frame);
    if (this.change === undefined) {
      this.calm = [...this.calm, drift].slice(-CALM_LAGS);
      this.recent = this.recent.filter(({ pts }) => pts >= frame.pts - 2 * LAG);
    }
    return fade;
  }

  /** The video ends here; returns the fade in progress, if it has reached a picture. */
  finish(): Fade | undefined {
    const last = this.recent.at(-1);
    return last === undefined || this.change === undefined ? undefined : this.conclude(this.change, last);
  }

  private sample(frame: SignedFrame): void {
    this.samples = [...this.samples, frame.signature].slice(-2);
    this.sampledAt = frame.pts;
    this.framesSince = 0;
    this.stepsSince = 0;
  }

  private begin(drift: number): undefined {
    const motion = this.calm.reduce((sum, calm) => sum + calm, 0) / Math.max(1, this.calm.length);
    if (drift < Math.max(MOVING, STANDS_OUT * motion)) return;
    // It may have begun just before the last sample, too slowly to show there.
    const since = this.recent.filter(({ pts }) => pts > this.sampledAt).map(({ signature }) => signature);
    const path = [...this.samples, ...since];
    this.change = { began: this.sampledAt, path, stride: 1, skipped: 0, fastest: drift };
  }

  private proceed(change: Change, drift: number, frame: SignedFrame): Fade | undefined {
    change.fastest = Math.max(change.fastest, drift);
    const goesOn = drift >= MOVING && drift * STANDS_OUT >= change.fastest;
    if (goesOn && frame.pts - change.began < LONGEST) return undefined;
    this.change = undefined;
    const fade = goesOn ? undefined : this.conclude(change, frame);
    // A fade from black begins where the fade to black has ended, not before.
    if (isBlank(frame.signature)) this.samples = [];
    return fade;
  }

  private conclude({ path }: Change, end: SignedFrame): Fade | undefined {
    const [before] = path;
    if (before === undefined || isBlank(end.signature)) return undefined;
    const whole = [...path, end.signature];
    const bottom = path.findIndex(isBlank);
    const top = path.findLastIndex(isBlank);
    const isFade =
      bottom < 0
        ? isStraightPath(whole, OTHER_PICTURE)
        : (bottom === 0 || isStraightPath(whole.slice(0, bottom + 1), OTHER_PICTURE)) &&
          isStraightPath(whole.slice(top), OTHER_PICTURE);
    return isFade ? { frame: this.lastStep(end), before } : undefined;
  }

  /** The frame of the fade's last step: the frames after it differ only by the new scene's own motion. */
  private lastStep(end: SignedFrame): SignedFrame {
    const steps = this.recent.map(({ step }) => step);
    const slowest = Math.min(...steps);
    const bound = slowest + LAST_STEP * (Math.max(...steps) - slowest);
    return this.recent.findLast(({ step }) => step >= bound) ?? end;
  }
}

function walk(change: Change, signature: Signature): void {
  if (++change.skipped < change.stride) return;
  change.skipped = 0;
  change.path.push(signature);
  if (change.path.length < PATH_LENGTH) return;
  change.path = change.path.filter((_, index) => index % 2 === 0);
  change.stride *= 2;
}

import type { ImageSpec, Micros } from '../../core/types.ts';
import type { Frame } from '../decode/decode-frames.ts';
import { MotionDetector } from './motion.ts';
import { differenceOf, isBlank, relit, type Signature, signatureOf } from './signature.ts';

/** Mean difference between two frames from which the step may be a change of scene, and from which it always is one. */
const CUT = 12;
const CLEAR_CUT = 40;
/** The least of it that no change of light explains. */
const UNEXPLAINED = 6;
/** A change of scene is this many times as large as the steps before it. */
const STANDS_OUT = 3;
/** Weight of the newest step in the moving average of steps. */
const WEIGHT = 0.3;
/** Anything shorter is no event of its own. */
const SHORTEST: Micros = 1_000_000;
const SHORTEST_SCENE: Micros = 500_000;
/** Motion that pauses for less goes on, and black for less is between two scenes. */
const PAUSE: Micros = 1_000_000;
/** Motion without an end is cut into events of this length. */
const LONGEST: Micros = 300_000_000;

/** What a frame says about the events of a video. */
export interface Judged {
  /** When the event begins to which this frame and the next ones belong; absent where that of the frame before goes on. */
  readonly start?: Micros;
  readonly moving: boolean;
  readonly signature: Signature;
}

/**
 * Finds where events begin and end: changes of scene, and the begin and end of motion before a camera that stands still. A camera that moves makes
 * one event of each scene. The end of motion is known a little later: what becomes known then begins at its true time.
 */
export class EventBoundaries {
  readonly #image: ImageSpec;
  #motion: MotionDetector;
  #last: Signature | undefined;
  /** The moving average of steps within the scene. */
  #usual = 0;
  /** When the current event began. */
  #began: Micros = 0;
  /** The current event is one of motion. */
  #moving = false;
  /** Since when nothing has moved in an event of motion. */
  #calmSince: Micros | undefined;
  /** Since when the picture has been black or white. */
  #blankSince: Micros | undefined;
  /** The frame before was the first of its scene: what moves from there on has moved from the start. */
  #first = true;

  constructor(image: ImageSpec) {
    this.#image = image;
    this.#motion = new MotionDetector(image.width, image.height);
  }

  /** Takes the next frame, in order of time. */
  push({ pts, pixels }: Frame): Judged {
    const { width, height } = this.#image;
    const signature = signatureOf(pixels, width, height);
    const before = this.#last;
    if (before === undefined) {
      this.#last = signature;
      this.#began = pts;
      this.#motion.push(pts, pixels);
      return { start: pts, moving: false, signature };
    }
    const blank = isBlank(signature) && !isBlank(before);
    const blankSince = blank ? (this.#blankSince ?? pts) : undefined;
    this.#blankSince = blankSince;
    // The black between two scenes and the white of a flash are neither; what stays black is one.
    if (blankSince !== undefined && pts - blankSince < PAUSE) return { moving: this.#moving, signature };
    this.#last = signature;
    const isCut = this.#isCut(before, signature) || blank;
    const start = isCut ? this.#cut(blankSince ?? pts, pts, pixels) : this.#follow(pts, pixels);
    if (start !== undefined) this.#began = start;
    return { ...(start === undefined ? {} : { start }), moving: this.#moving, signature };
  }

  #isCut(before: Signature, now: Signature): boolean {
    const step = differenceOf(before, now).mean;
    const standsOut = step >= CUT && step >= STANDS_OUT * this.#usual;
    const isCut = step >= CLEAR_CUT || (standsOut && differenceOf(relit(before, now), now).mean >= UNEXPLAINED);
    this.#usual = isCut ? 0 : this.#usual + WEIGHT * (step - this.#usual);
    return isCut;
  }

  /** A scene begins at `start`, which is noticed at `pts`. */
  #cut(start: Micros, pts: Micros, pixels: Uint8Array): Micros | undefined {
    const { width, height } = this.#image;
    this.#motion = new MotionDetector(width, height);
    this.#motion.push(pts, pixels);
    this.#moving = false;
    this.#calmSince = undefined;
    this.#first = true;
    return start - this.#began < SHORTEST_SCENE ? undefined : start;
  }

  #follow(pts: Micros, pixels: Uint8Array): Micros | undefined {
    const { moving, sameSince } = this.#motion.push(pts, pixels);
    const first = this.#first;
    this.#first = false;
    if (moving) {
      this.#calmSince = undefined;
      const begins = !this.#moving;
      this.#moving = true;
      if (begins) return first || pts - this.#began < SHORTEST ? undefined : pts;
      return pts - this.#began < LONGEST ? undefined : pts;
    }
    if (!this.#moving) return undefined;
    this.#calmSince ??= Math.max(this.#began, Math.min(pts, sameSince ?? pts));
    if (pts - this.#calmSince < PAUSE) return undefined;
    const end = this.#calmSince;
    this.#moving = false;
    this.#calmSince = undefined;
    return end - this.#began < SHORTEST ? undefined : end;
  }
}

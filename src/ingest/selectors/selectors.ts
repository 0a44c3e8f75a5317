import type { ImageSpec, Micros } from '../../core/types.ts';
import type { Frame } from '../decode/decode-frames.ts';
import type { FrameChoice } from './frame-choice.ts';
import { MotionSelector } from './motion.ts';
import { SceneSelector } from './scene.ts';
import { type Difference, differenceOf, isBlank, type Signature, signatureOf } from './signature.ts';

/** At least one look this often, however still the picture. */
export const MAX_GAP: Micros = 10_000_000;
/** At most one look this often, unless the scene changes. */
export const MIN_GAP: Micros = 1_000_000;
/** Mean difference from which a picture shows another scene. */
const OTHER_SCENE = 24;
/** Below both, a picture shows what the last one showed. Sensor noise and the pulse of key frames stay under them. */
const SAME_MEAN = 3.5;
const SAME_PEAK = 10;

/** A frame that will be captioned. */
export interface ChosenFrame {
  readonly pts: Micros;
  readonly pixels: Uint8Array;
  /** True where it shows what the chosen frame before it shows. */
  readonly still: boolean;
}

/** Takes decoded frames in order of time and gives those to caption. Depends on nothing but the frames. */
export interface KeyframeSelector {
  /** Takes a frame; gives those frames that are decided now, in order of time. */
  push(frame: Frame): ChosenFrame[];
  /** No more frames; `end` is the end of the last one. Gives what is left. */
  finish(end: Micros): ChosenFrame[];
}

/** The chooser of a mode. In `keyframes` and `every` the decoder has made the choice already. */
export function createSelector(choice: FrameChoice, image: ImageSpec): KeyframeSelector {
  if (choice.mode === 'auto') return new AutoSelector(image);
  if (choice.mode === 'scene') return new SceneSelector(image);
  if (choice.mode === 'motion') return new MotionSelector(image, choice.interval);
  return new TakeAll(image);
}

/** True where a viewer would say that both pictures show the same. */
export function isSame(difference: Difference): boolean {
  return difference.mean < SAME_MEAN && difference.peak < SAME_PEAK;
}

/** Takes every frame and only marks the still ones. */
class TakeAll implements KeyframeSelector {
  private readonly image: ImageSpec;
  private last: Signature | undefined;

  constructor(image: ImageSpec) {
    this.image = image;
  }

  push(frame: Frame): ChosenFrame[] {
    const signature = signatureOf(frame.pixels, this.image.width, this.image.height);
    const still = this.last !== undefined && isSame(differenceOf(this.last, signature));
    this.last = signature;
    return [{ pts: frame.pts, pixels: frame.pixels, still }];
  }

  finish(): ChosenFrame[] {
    return [];
  }
}

interface Candidate {
  readonly frame: Frame;
  readonly signature: Signature;
  readonly still: boolean;
}

/**
 * `auto`, in this precedence: the first frame; each change of scene; a look at least every {@link MAX_GAP}; at most one
 * every {@link MIN_GAP}; what shows the same as the last chosen frame is dropped.
 *
 * Candidates may be seconds apart (key frames), so one that could be dropped is held until the next one shows whether
 * the gap would grow too long without it.
 */
export class AutoSelector implements KeyframeSelector {
  private readonly image: ImageSpec;
  private last: { readonly pts: Micros; readonly signature: Signature } | undefined;
  private held: Candidate | undefined;

  constructor(image: ImageSpec) {
    this.image = image;
  }

  push(frame: Frame): ChosenFrame[] {
    const signature = signatureOf(frame.pixels, this.image.width, this.image.height);
    const chosen = this.release(frame.pts);
    if (this.last === undefined) {
      chosen.push(this.take({ frame, signature, still: false }));
      return chosen;
    }
    const difference = differenceOf(this.last.signature, signature);
    const still = isSame(difference);
    const due = frame.pts - this.last.pts >= MIN_GAP;
    // Black between two scenes, or the white of a flash, is only looked at where nothing else comes.
    if (isBlank(signature)) this.held = { frame, signature, still };
    else if (difference.mean >= OTHER_SCENE || (due && !still)) chosen.push(this.take({ frame, signature, still }));
    else if (due || !still) this.held = { frame, signature, still };
    return chosen;
  }

  finish(end: Micros): ChosenFrame[] {
    return this.release(end);
  }

  /** Takes the held candidate where the next look, or the end, would come too late. */
  private release(next: Micros): ChosenFrame[] {
    if (this.held === undefined || this.last === undefined || next - this.last.pts <= MAX_GAP) return [];
    return [this.take(this.held)];
  }

  private take({ frame, signature, still }: Candidate): ChosenFrame {
    this.last = { pts: frame.pts, signature };
    this.held = undefined;
    return { pts: frame.pts, pixels: frame.pixels, still };
  }
}

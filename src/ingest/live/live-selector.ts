import type { ImageSpec, Micros } from '../../core/types.ts';
import { IngestError } from '../errors.ts';
import { motionSelector } from '../selectors/motion.ts';
import type { FrameChoice } from '../selectors/registry.ts';
import { differenceOf, type Signature, showsSame, signatureOf } from '../selectors/signature.ts';
import type { LivePick } from './live-filters.ts';

/** A picture that does not change is looked at again after this time: a caption may have been wrong, and light changes slowly. */
const STILL_GAP: Micros = 60_000_000;

/** What a selector says of a frame: it is to be captioned because it shows something else, because time passed, or not at all. */
export type FrameVerdict = 'changed' | 'still' | 'skipped';

/** Judges the frames of one source as they come: at once, because a live caption cannot wait for the next frame. */
export interface LiveSelector {
  push(at: Micros, pixels: Uint8Array): FrameVerdict;
}

/** What a choice of frames needs decoded. */
export function livePick(choice: FrameChoice): { readonly pick: LivePick; readonly everyFrame: boolean } {
  if (choice.mode === 'every') return { pick: { interval: choice.interval }, everyFrame: true };
  return { pick: choice.mode === 'keyframes' ? 'keys' : 'sampled', everyFrame: false };
}

/** Makes a selector for pictures of one size. Throws `invalid-choice` for one that compares frames in both directions. */
export function liveSelector(choice: FrameChoice, size: Pick<ImageSpec, 'width' | 'height'>): LiveSelector {
  if (choice.mode === 'scene') {
    throw new IngestError('invalid-choice', '"scene" looks for cuts in films: use auto, motion or every:TIME.');
  }
  if (choice.mode === 'auto') return new ChangeSelector(size);
  if (choice.mode === 'motion') return new MotionGate(choice.interval, size);
  return { push: () => 'changed' };
}

/** `auto`: what differs from the picture that was chosen last. */
class ChangeSelector implements LiveSelector {
  readonly #size: Pick<ImageSpec, 'width' | 'height'>;
  #last: { readonly at: Micros; readonly signature: Signature } | undefined;

  constructor(size: Pick<ImageSpec, 'width' | 'height'>) {
    this.#size = size;
  }

  push(at: Micros, pixels: Uint8Array): FrameVerdict {
    const signature = signatureOf(pixels, this.#size.width, this.#size.height);
    const last = this.#last;
    const same = last !== undefined && showsSame(differenceOf(last.signature, signature));
    if (same && at - last.at < STILL_GAP) return 'skipped';
    this.#last = { at, signature };
    return same ? 'still' : 'changed';
  }
}

/** `motion`, as for recordings: it decides at once. */
class MotionGate implements LiveSelector {
  readonly #selector;

  constructor(interval: Micros, { width, height }: Pick<ImageSpec, 'width' | 'height'>) {
    const image = { width, height, resize: 'stretch', filter: 'bilinear', matrix: 'bt601' } as const;
    this.#selector = motionSelector(interval).create(image);
  }

  push(at: Micros, pixels: Uint8Array): FrameVerdict {
    const [selected] = this.#selector.push({ pts: at, key: true, pixels });
    if (selected === undefined) return 'skipped';
    return selected.still ? 'still' : 'changed';
  }
}
